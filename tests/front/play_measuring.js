// Measures files and finds their latent points in Node for tests/panels/test_measuring.py: a job as JSON on standard
// input, the result as JSON on standard output. job: { files: [base64, …], space, encoder }.
import { readFileSync } from "node:fs";
import { readModel } from "../../aether_lab/static/dsp/decoder.js";
import { createEncoder } from "../../aether_lab/static/dsp/encoder.js";
import { createLocator } from "../../aether_lab/static/dsp/locate.js";
import { readMeasurement } from "../../aether_lab/static/dsp/measurement.js";

const { files = [], space, encoder } = JSON.parse(readFileSync(0));
const locate = space && createLocator(readModel(space), encoder);
const encode = encoder && createEncoder(encoder);

function answer(file) {
  const bytes = Buffer.from(file, "base64");
  try {
    const measurement = readMeasurement(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const { spectrum, weights, band, notes } = measurement;
    const found = locate?.(measurement);
    const mean = encode && [...encode(spectrum, 0)];
    return { spectrum: [...spectrum], weights: [...weights], band, notes, mean, ...found };
  } catch (error) {
    return { error: error.message };
  }
}

process.stdout.write(JSON.stringify(files.map(answer)));
