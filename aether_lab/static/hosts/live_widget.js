// The notebook as the host of the live panel. anywidget calls the default export once for each model; its sound exists
// as long as a view of it.
import { createSound } from "../audio/sound.js";
import { renderer } from "../ui/own_keys.js";
import { linkKnobs } from "../ui/sliders.js";
import { mountLive } from "../views/live.js";

export default () => {
  /** @type {Sound} */
  let sound;
  let views = 0;
  return {
    initialize({ model }) {
      sound = createSound(model);
      const unlink = linkKnobs(model);
      // The kernel was restarted or is out of reach: the cell may never run again to stop the sound.
      const silence = () => sound.close();
      model.on("comm_live_update", silence);
      return () => {
        model.off("comm_live_update", silence);
        sound.dispose();
        unlink();
      };
    },
    render: renderer((el, model) => {
      const unmount = mountLive(el, model, sound);
      views++;
      return () => {
        unmount();
        if (--views === 0) sound.close();
      };
    }),
  };
};
