/** Pictures: the page shows its own host's; others stay a grey field with their words. */

export function develop(root) {
  for (const frame of root.querySelectorAll("[data-picture]")) {
    const { picture, ratio } = frame.dataset;
    if (ratio) frame.style.aspectRatio = ratio;
    if (!URL.canParse(picture) || new URL(picture).origin !== location.origin) continue;
    const image = document.createElement("img");
    image.alt = "";
    image.src = picture;
    frame.replaceChildren(image);
  }
}
