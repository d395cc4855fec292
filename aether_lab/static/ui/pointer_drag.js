// Drags with the pointer.

/**
 * Follows a pointer that is pressed on `target` until it is released.
 * @param {Element} target
 * @param {(event: PointerEvent) => void} begin at the press of the first button
 * @param {(event: PointerEvent) => void} drag at each movement after it
 */
export function followPointer(target, begin, drag) {
  /** @type {number | null} */
  let pointer = null;
  const on = (name, listener) => target.addEventListener(name, listener);
  on("pointerdown", (event) => {
    if (event.button) return;
    pointer = event.pointerId;
    target.setPointerCapture(event.pointerId);
    begin(event);
    event.preventDefault();
  });
  on("pointermove", (event) => event.pointerId === pointer && drag(event));
  for (const end of ["pointerup", "pointercancel"]) on(end, () => (pointer = null));
}
