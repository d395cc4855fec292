// The decoder of a FilterSpace: z -> the frequency, Q and gain of every section.
// Weights are float32, arithmetic is float64. Needs no DOM, so that Node and a worklet run it too.
import { LOWEST_CENTRE, LOWEST_Q, Z_LIMIT } from "../constants.js";
import { clamp } from "./numbers.js";

/**
 * Turns the JSON description of a model (`state.model_state`) into one with typed arrays.
 * The result can be posted to a worklet, where there is no `atob`.
 * @param {ModelState} description
 * @returns {LatentSpace}
 */
export function readModel(description) {
  const { layers, linear } = description;
  return { ...description, layers: layers.map(readLayer), linear: linear && readLayer(linear) };
}

/** @param {LayerState} layer @returns {Layer} */
export function readLayer({ shape, kernel, bias, half }) {
  return { shape, kernel: half ? float16From(kernel) : float32From(kernel), bias: float32From(bias) };
}

/** Little-endian float32 numbers from base64. @param {string} base64 */
export function float32From(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Little-endian half-precision numbers from base64. @param {string} base64 */
export function float16From(base64) {
  const text = atob(base64);
  return Float32Array.from({ length: text.length / 2 }, (_, i) => {
    const bits = text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 8);
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
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
  const { num_filters, frequency_map, gain_limit_db } = model;
  const size = model.knobs + model.details;
  const kinds = model.kinds.length ? createKinds(model, size) : null;
  const layers = kinds ? [kinds.first, ...model.layers.slice(1)] : model.layers;
  const activations = [new Float64Array(size), ...layers.map(({ bias }) => new Float64Array(bias.length))];
  const raw = activations[layers.length];
  /** @type {number | undefined} */
  const lowest = LOWEST_CENTRE[frequency_map];
  if (lowest === undefined) throw new Error(`frequency_map is "${frequency_map}"; it may be "linear" or "log"`);

  /** @param {ArrayLike<unknown>} z */
  return function decode(z, recipe = createRecipe(num_filters)) {
    for (let i = 0; i < size; i++) activations[0][i] = safeLatent(z[i]);
    kinds?.mix(z);
    for (let i = 0; i < layers.length; i++) {
      activations[i + 1].set(layers[i].bias);
      addProduct(layers[i].kernel, activations[i], activations[i + 1]);
      if (i < layers.length - 1) rectify(activations[i + 1]);
    }
    if (kinds) {
      for (let j = 0; j < raw.length; j++) raw[j] += kinds.linear.bias[j];
      addProduct(kinds.linear.kernel, activations[0], raw);
    }
    for (let k = 0; k < num_filters; k++) {
      const position = sigmoid(raw[3 * k]);
      recipe.frequency[k] = frequency_map === "log" ? lowest ** (1 - position) : lowest + (1 - lowest) * position;
      recipe.q[k] = softplus(raw[3 * k + 1]) + LOWEST_Q;
      recipe.gainDb[k] = gain_limit_db * Math.tanh(raw[3 * k + 2]);
    }
    return recipe;
  };
}

/**
 * The layers of kinds, mixed by `mix(z)` for the weights at the end of z; they stay while the weights do.
 * @param {LatentSpace} model @param {number} size numbers of z before the weights
 */
function createKinds({ kinds, layers, linear }, size) {
  const count = kinds.length;
  const weights = new Float64Array(count).fill(NaN);
  const next = new Float64Array(count);
  const sources = [layers[0], /** @type {Layer} */ (linear)];
  const [first, path] = sources.map(({ kernel, bias }) => ({
    kernel: new Float64Array(kernel.length / count),
    bias: new Float64Array(bias.length / count),
  }));
  return {
    first,
    linear: path,
    /** @param {ArrayLike<unknown>} z */
    mix(z) {
      if (!readWeights(z, size, next, weights)) return;
      weights.set(next);
      mixLayer(sources[0], weights, first);
      mixLayer(sources[1], weights, path);
    },
  };
}

/**
 * Writes the weights of kinds to `weights`, with sum 1: negative ones are 0, and where none is above 0 all are alike.
 * Returns whether one is not as `before`.
 * @param {ArrayLike<unknown>} z @param {number} size @param {Float64Array} weights @param {Float64Array} before
 */
function readWeights(z, size, weights, before) {
  let total = 0;
  for (let k = 0; k < weights.length; k++) {
    weights[k] = Math.max(safeLatent(z[size + k]), 0);
    total += weights[k];
  }
  let changed = false;
  for (let k = 0; k < weights.length; k++) {
    weights[k] = total > 0 ? weights[k] / total : 1 / weights.length;
    if (weights[k] !== before[k]) changed = true;
  }
  return changed;
}

/**
 * Fills `mixed` with the layers of all kinds by their weights.
 * @param {Layer} layer @param {Float64Array} weights @param {{ kernel: Float64Array, bias: Float64Array }} mixed
 */
function mixLayer({ kernel, bias }, weights, mixed) {
  mixed.kernel.fill(0);
  mixed.bias.fill(0);
  addProduct(kernel, weights, mixed.kernel);
  addProduct(bias, weights, mixed.bias);
}

/**
 * output += input @ kernel; the kernel is (inputs, outputs), row by row.
 * @param {ArrayLike<number>} kernel @param {Float64Array} input @param {Float64Array} output
 */
function addProduct(kernel, input, output) {
  const width = output.length;
  for (let i = 0; i < input.length; i++) {
    const value = input[i];
    if (value === 0) continue; // about half of what a ReLU leaves
    for (let j = 0, row = i * width; j < width; j++) output[j] += value * kernel[row + j];
  }
}

/** @param {Float64Array} values */
function rectify(values) {
  for (let j = 0; j < values.length; j++) if (values[j] < 0) values[j] = 0;
}

/** 1 / (1 + e^-x). @param {number} x */
function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + e^x), without overflow. @param {number} x */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
