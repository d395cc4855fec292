// The encoder of a FilterSpace: spectrum -> the mean of z, as `model/vae.py`. Needs no DOM.
import { ENCODER_UNIT_DB } from "../constants.js";
import { readLayer } from "./decoder.js";

/**
 * Returns `encode(spectrum, kind)`, the mean of z without its weights of kinds.
 * @param {EncoderState} state from `encoder_state` in Python
 * @returns {(spectrum: ArrayLike<number>, kind: number) => Float64Array}
 */
export function createEncoder(state) {
  return state.kinds ? createKindEncoder(state) : createConvolutionalEncoder(state);
}

/** A linear map for each kind. @param {EncoderState} state */
function createKindEncoder({ evaluation, layers }) {
  const [layer] = layers.map(readLayer);
  const [, inputs, outputs] = layer.shape;
  return (/** @type {ArrayLike<number>} */ spectrum, /** @type {number} */ kind) => {
    const at = atEvaluation(evaluation, spectrum);
    const begin = kind * inputs * outputs;
    const kernel = layer.kernel.subarray(begin, begin + inputs * outputs);
    const bias = layer.bias.subarray(kind * outputs, (kind + 1) * outputs);
    return dense({ shape: [inputs, outputs], kernel, bias }, at.map((dB) => dB / ENCODER_UNIT_DB));
  };
}

/** Strided convolutions, then dense layers. @param {EncoderState} state */
function createConvolutionalEncoder(state) {
  const layers = state.layers.map(readLayer);
  const last = layers.length - 1;
  return (/** @type {ArrayLike<number>} */ spectrum) => {
    let values = Float64Array.from(spectrum, (dB) => dB / ENCODER_UNIT_DB);
    for (const [i, layer] of layers.entries()) {
      values = layer.shape.length === 3 ? convolve(layer, values) : dense(layer, values);
      if (i < last) values = values.map((value) => Math.max(value, 0));
    }
    return values;
  };
}

/** Levels at the frequencies of the evaluation, interpolated below the second bin. @param {Evaluation} evaluation @param {ArrayLike<number>} levels of the 513 bins */
export function atEvaluation({ bins, below }, levels) {
  const under = below.map((share) => levels[1] + share * (levels[2] - levels[1]));
  return Float64Array.from([...under, ...bins.map((bin) => levels[bin])]);
}

/** @param {Layer} layer of (inputs, outputs) @param {Float64Array} input */
function dense({ kernel, bias }, input) {
  const output = Float64Array.from(bias);
  for (let i = 0; i < input.length; i++) {
    if (input[i] === 0) continue;
    for (let j = 0, row = i * output.length; j < output.length; j++) output[j] += input[i] * kernel[row + j];
  }
  return output;
}

/**
 * A convolution of stride 2 with "SAME" padding.
 * @param {Layer} layer of (taps, channels, features) @param {Float64Array} input (length, channels), row by row
 */
function convolve({ shape: [taps, channels, features], kernel, bias }, input) {
  const length = input.length / channels;
  const count = Math.ceil(length / 2);
  const before = Math.floor(Math.max(2 * (count - 1) + taps - length, 0) / 2);
  const output = new Float64Array(count * features);
  for (let n = 0; n < count; n++) {
    output.set(bias, n * features);
    for (let tap = 0; tap < taps; tap++) {
      const at = 2 * n + tap - before;
      if (at < 0 || at >= length) continue;
      for (let c = 0; c < channels; c++) {
        const value = input[at * channels + c];
        if (value === 0) continue;
        const row = (tap * channels + c) * features;
        for (let f = 0; f < features; f++) output[n * features + f] += value * kernel[row + f];
      }
    }
  }
  return output;
}
