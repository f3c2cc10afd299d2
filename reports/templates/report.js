"use strict";
(() => {
  const say = (button, word) => {
    button.textContent = word;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  // Browsers that refuse the clipboard API to a page from disk still obey the older command.
  const copyOld = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "offscreen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyOld(text);
    }
  };

  for (const script of document.querySelectorAll("figure.script")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy: " + script.querySelector("figcaption").textContent.trim());
    button.addEventListener("click", async () => {
      const done = await copy(script.querySelector("code").textContent);
      say(button, done ? "Copied" : "Select and copy by hand");
      button.focus();
    });
    script.querySelector("figcaption").append(button);
  }

  for (const form of document.querySelectorAll("form.filter")) {
    const items = [...document.querySelectorAll(form.dataset.items)];
    const texts = items.map((item) => item.textContent.toLowerCase());
    const [text, kind, count] = ["input", "select", "output"].map((name) => form.querySelector(name));
    const apply = () => {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      items.forEach((item, index) => {
        const fits = (!kind.value || item.dataset.kind === kind.value)
          && words.every((word) => texts[index].includes(word));
        item.classList.toggle("filtered", !fits);
        shown += fits;
      });
      count.textContent = shown === items.length ? "" : shown + " of " + items.length + " shown";
    };
    form.addEventListener("input", apply);
    form.addEventListener("reset", () => setTimeout(apply));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }
})();
