// The whole space as a C99 header or a Faust program, the same bytes as `instrument.write_instrument` writes: a template
// from Python, in which the weights that the page has take the place of their marks. Needs no DOM.

const WIDTH = 118; // characters of a line of numbers

/** What the take menu says of each, by the suffix of its file. */
export const INSTRUMENTS = {
  ".h": { title: "C99 header", about: "Decoder, bank and knobs, for a program in C" },
  ".dsp": { title: "Faust", about: "Decoder, bank and knobs, from which plug-ins are built" },
};

/** The program of a space with this suffix. @param {LatentSpace} space @param {string} suffix */
export function instrumentText({ programs = {}, layers, linear }, suffix) {
  return programs[suffix].replace(/\0(kernel|bias|rows) (linear|\d) (f?)\0/g, (_, part, which, end) => {
    const layer = /** @type {Layer} */ (which === "linear" ? linear : layers[which]);
    const values = { kernel: () => layer.kernel, bias: () => layer.bias, rows: () => unitRows(layer) }[/** @type {"kernel"} */ (part)]();
    return inLines(Array.from(values, (value) => shortest(value) + end));
  });
}

/** Of each unit its weights and its bias, one kind after the other. @param {Layer} layer */
function unitRows({ shape, kernel, bias }) {
  const [inputs, units] = shape.slice(-2);
  const kinds = bias.length / units;
  return Array.from({ length: units }, (_, unit) =>
    Array.from({ length: kinds }, (_kind, k) => [
      ...Array.from({ length: inputs }, (_input, i) => kernel[(k * inputs + i) * units + unit]),
      bias[k * units + unit],
    ]),
  ).flat(2);
}

/** The fewest digits that give back a float32, as Python writes them. @param {number} value */
export function shortest(value) {
  if (Object.is(value, -0)) return "-0.0";
  let text = halfToEven(value, 0);
  for (let digits = 1; Math.fround(Number(text)) !== value; digits++) text = halfToEven(value, digits);
  const [mantissa, power] = Number(text).toExponential().split("e");
  const exponent = Number(power);
  const decimal = String(Number(text));
  if (exponent >= -4 && exponent < 16) return decimal.includes(".") ? decimal : `${decimal}.0`;
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** With this many digits after the first; of two that are equally near, the even one, where JavaScript takes the larger. @param {number} value @param {number} digits */
function halfToEven(value, digits) {
  const [exact, power] = value.toExponential(digits + 1).split("e");
  const isHalf = exact.endsWith("5") && value.toExponential(100) === `${exact.padEnd(exact.length + 99 - digits, "0")}e${power}`;
  const below = exact.slice(0, -1).replace(/\.$/, "");
  return isHalf && Number(below.at(-1)) % 2 === 0 ? `${below}e${power}` : value.toExponential(digits);
}

/** Words with commas between, as many on a line as there is room for. @param {string[]} words */
function inLines(words) {
  const lines = [""];
  words.forEach((word, i) => {
    const text = i < words.length - 1 ? `${word},` : word;
    const line = lines[lines.length - 1];
    if (!line) lines[lines.length - 1] = text;
    else if (line.length + 1 + text.length <= WIDTH) lines[lines.length - 1] = `${line} ${text}`;
    else lines.push(text);
  });
  return lines.join("\n");
}
