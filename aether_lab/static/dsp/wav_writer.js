// WAV files. Imports nothing and needs no DOM.

/**
 * A WAV file of 32-bit floats: nothing is clipped or rounded.
 * @param {Float32Array[]} channels of equal length, full scale 1
 * @param {number} sampleRate Hz
 * @returns {ArrayBuffer}
 */
export function wavBytes(channels, sampleRate) {
  const frames = channels[0].length;
  const size = 4 * channels.length * frames;
  const view = new DataView(new ArrayBuffer(58 + size));
  let at = 0;
  const text = (/** @type {string} */ word) => [...word].forEach((character) => view.setUint8(at++, character.charCodeAt(0)));
  const number = (/** @type {number} */ value, /** @type {number} */ bytes) => {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  };
  text("RIFF");
  number(50 + size, 4);
  text("WAVEfmt ");
  number(18, 4);
  number(3, 2); // IEEE float
  number(channels.length, 2);
  number(sampleRate, 4);
  number(4 * channels.length * sampleRate, 4);
  number(4 * channels.length, 2);
  number(32, 2);
  number(0, 2);
  text("fact");
  number(4, 4);
  number(frames, 4);
  text("data");
  number(size, 4);
  for (let i = 0; i < frames; i++) {
    for (const channel of channels) {
      view.setFloat32(at, channel[i], true);
      at += 4;
    }
  }
  return view.buffer;
}

/** Joins the chunks of a recording, each a list of two channels, to one list of channels. @param {Float32Array[][]} chunks */
export function joinChunks(chunks) {
  const frames = chunks.reduce((sum, [left]) => sum + left.length, 0);
  return [0, 1].map((k) => {
    const whole = new Float32Array(frames);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk[k], at);
      at += chunk[k].length;
    }
    return whole;
  });
}
