// The example's files, each under a tab.

/** Fills tabs and panel; a file is fetched when it is first shown. */
export function showCode(
  tabs: HTMLElement,
  panel: HTMLElement,
  folder: string,
  files: readonly string[],
): void {
  const texts = new Map<string, string>();
  const buttons = files.map((file) => {
    const button = document.createElement("button");
    button.role = "tab";
    button.id = `tab-${file}`;
    button.textContent = file;
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", () => void select(file));
    return button;
  });
  const select = async (file: string): Promise<void> => {
    for (const button of buttons) {
      const isChosen = button.textContent === file;
      button.setAttribute("aria-selected", `${isChosen}`);
      button.tabIndex = isChosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${file}`);
    const known = texts.get(file) ?? (await (await fetch(`/source/${folder}/${file}`)).text());
    texts.set(file, known);
    panel.textContent = known;
  };
  tabs.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const now = buttons.findIndex((button) => button === document.activeElement);
    if (move === undefined || now < 0) return;
    const next = buttons[(now + move + buttons.length) % buttons.length];
    next?.focus();
    next?.click();
  });
  tabs.append(...buttons);
  if (files[0] !== undefined) void select(files[0]);
}
