// Puts a button on each block of code that copies it. Of a session in a shell it copies the commands,
// without the prompts and the output.
for (const block of document.querySelectorAll("div.highlight")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "copy";
  button.addEventListener("click", async () => {
    const code = block.querySelector("pre").cloneNode(true);
    for (const part of code.querySelectorAll(".gp, .go")) part.remove();
    await navigator.clipboard.writeText(`${code.textContent.trim()}\n`);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
  block.append(button);
}
