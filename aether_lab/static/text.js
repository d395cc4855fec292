// Numbers and names as text. Needs no DOM.

/** "−1.50": a number with a true minus, and no minus before a zero. @param {number} value @param {number} digits */
export function signed(value, digits) {
  return (Number(value.toFixed(digits)) || 0).toFixed(digits).replace("-", "\u2212");
}

/**
 * A name from outside with every character visible (`names.printable`): control characters, line separators and marks
 * that reverse the direction of text become `\xNN` or `\uNNNN`.
 * @param {string} name
 */
export function printable(name) {
  return name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === "\u200c" || character === "\u200d") return character; // joiners, of Persian, Indic scripts and emoji
    const code = /** @type {number} */ (character.codePointAt(0)).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}
