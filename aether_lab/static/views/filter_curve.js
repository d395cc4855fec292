// The response of the bank at z and of the residual cascade after it. Needs no DOM.
import { createGrid, respond, sectionSign, residualDb } from "../dsp/bank.js";
import { createDecoder, createRecipe } from "../dsp/decoder.js";
import { logFrequencies } from "../ui/axes.js";

const CURVE_POINTS = 480; // besides the centres of the sections

/** The curve's frequencies with the centres, sorted, Hz: a peak is drawn at its full height. */
export function withCentres(curve, fractions, nyquist) {
  const centres = Array.from(fractions, (fraction) => fraction * nyquist);
  const inside = centres.filter((hertz) => hertz > curve[0] && hertz < curve[curve.length - 1]);
  return Float64Array.from([...curve, ...inside]).sort();
}

export function createFilterCurve(/** @type {LatentSpace} */ space, residual) {
  const nyquist = space.sample_rate / 2;
  const decode = createDecoder(space);
  const recipe = createRecipe(space.num_filters);
  const curve = logFrequencies(CURVE_POINTS);
  const signs = Array.from({ length: space.num_filters }, (_, k) => sectionSign(space.polarity, k));

  function levels(hertz) {
    const response = respond(space, recipe, createGrid(hertz.map((each) => each / nyquist)));
    residualDb(residual(), hertz).forEach((dB, i) => (response.sumDb[i] += dB));
    return response;
  }

  return {
    nyquist,
    signs,
    recipe,
    levelAt(z, hertz) {
      decode(z, recipe);
      return levels([hertz]).sumDb[0];
    },
    /** The curve at z alone, Hz and dB; `recipe` is decoded. */
    sum(z) {
      decode(z, recipe);
      return { frequency: curve, level: levels(curve).sumDb };
    },
    /** Decodes z into `recipe`; the curve and its sections, Hz and dB. */
    at(z) {
      decode(z, recipe);
      const frequency = withCentres(curve, recipe.frequency, nyquist);
      const { sumDb: level, sectionDb } = levels(frequency);
      return { frequency, level, sections: { frequency, levels: sectionDb, signs } };
    },
  };
}
