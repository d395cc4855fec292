// The choice of a device, and the settings that were fitted for it.
import { choice, element } from "../ui/elements.js";

/** A list of the devices in `about`, which writes `device_name`, and the lines of `shown.device`. */
export function createMatchDevice(binding, model) {
  const devices = model.get("about").devices.map(({ name, title }) => [name, title]);
  const options = { "": "Any: the sections below", ...Object.fromEntries(devices) };
  const device = choice("Device", options, (name) => binding.put("device_name", name));
  const list = element("ul", "aether-device-settings", { "aria-label": "Settings of the device" });
  return {
    node: device.node,
    list,
    show: () => device.show(binding.get("device_name")),
    showSettings(lines) {
      list.hidden = !lines.length;
      list.replaceChildren(...lines.map((line) => Object.assign(element("li", ""), { textContent: line })));
    },
  };
}
