// The decoder of a FilterSpace: z -> the frequency, Q and gain of every section.
// Weights are float32, arithmetic is float64. Needs no DOM, so that Node and a worklet run it too.
import { GAIN_LIMIT, LOWEST_CENTRE, LOWEST_Q, Z_LIMIT } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * Turns the JSON description of a model (`state.model_state`) into one with typed arrays.
 * The result can be posted to a worklet, where there is no `atob`.
 * @param {ModelState} description
 * @returns {LatentSpace}
 */
export function readModel(description) {
  const layers = description.layers.map(({ shape, kernel, bias }) => ({
    shape,
    kernel: float32From(kernel),
    bias: float32From(bias),
  }));
  return { ...description, layers };
}

/** Little-endian float32 numbers from base64. @param {string} base64 */
export function float32From(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** An empty recipe of `size` sections. @param {number} size @returns {BankRecipe} */
export function createRecipe(size) {
  return { frequency: new Float64Array(size), q: new Float64Array(size), gainDb: new Float64Array(size) };
}

/** A latent as the decoder takes it: NaN and missing become 0, the rest is clipped to ± `Z_LIMIT`. @param {unknown} value */
export function safeLatent(value) {
  const number = Number(value);
  return Number.isNaN(number) ? 0 : clamp(number, -Z_LIMIT, Z_LIMIT);
}

/**
 * Returns `decode(z, recipe)`, which fills `recipe` and returns it. It allocates nothing per call.
 * @param {LatentSpace} model from `readModel`
 */
export function createDecoder(model) {
  const { layers, latent_dim, num_filters, frequency_map } = model;
  const activations = [new Float64Array(latent_dim), ...layers.map(({ bias }) => new Float64Array(bias.length))];
  const raw = activations[layers.length];
  /** @type {number | undefined} */
  const lowest = LOWEST_CENTRE[frequency_map];
  if (lowest === undefined) throw new Error(`frequency_map is "${frequency_map}"; it may be "linear" or "log"`);

  /** @param {ArrayLike<unknown>} z */
  return function decode(z, recipe = createRecipe(num_filters)) {
    for (let i = 0; i < latent_dim; i++) activations[0][i] = safeLatent(z[i]);
    for (let i = 0; i < layers.length; i++) dense(layers[i], activations[i], activations[i + 1], i < layers.length - 1);
    for (let k = 0; k < num_filters; k++) {
      const position = sigmoid(raw[3 * k]);
      recipe.frequency[k] = frequency_map === "log" ? lowest ** (1 - position) : lowest + (1 - lowest) * position;
      recipe.q[k] = softplus(raw[3 * k + 1]) + LOWEST_Q;
      recipe.gainDb[k] = GAIN_LIMIT * Math.tanh(raw[3 * k + 2]);
    }
    return recipe;
  };
}

/**
 * output = input @ kernel + bias, with a ReLU when `rectified`. The kernel is (inputs, outputs), row by row.
 * @param {Layer} layer @param {Float64Array} input @param {Float64Array} output @param {boolean} rectified
 */
function dense({ kernel, bias }, input, output, rectified) {
  const width = output.length;
  output.set(bias);
  for (let i = 0; i < input.length; i++) {
    const value = input[i];
    if (value === 0) continue; // about half of what a ReLU leaves
    for (let j = 0, row = i * width; j < width; j++) output[j] += value * kernel[row + j];
  }
  if (rectified) for (let j = 0; j < width; j++) if (output[j] < 0) output[j] = 0;
}

/** 1 / (1 + e^-x). @param {number} x */
function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + e^x), without overflow. @param {number} x */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
