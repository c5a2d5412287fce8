// The gallery's index.

import { DEMOS } from "./demos.ts";

const cards = document.querySelector("#cards") as HTMLElement;
for (const [name, { title, about }] of Object.entries(DEMOS)) {
  const link = document.createElement("a");
  link.href = `/${name}/`;
  const heading = document.createElement("strong");
  heading.textContent = title;
  const text = document.createElement("p");
  text.textContent = about;
  link.append(heading, text);
  const card = document.createElement("li");
  card.append(link);
  cards.append(card);
}
