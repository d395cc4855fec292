// Elements of SVG.

/** An element of SVG with its attributes. */
export function shape(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export function shapeText(tag, content, attributes = {}) {
  const node = shape(tag, attributes);
  node.textContent = content;
  return node;
}
