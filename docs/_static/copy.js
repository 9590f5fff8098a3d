// Puts a button on each block of code that copies it. Of a session in a shell it copies the commands,
// without the prompts and the output.
for (const block of document.querySelectorAll("div.highlight")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "copy";
  button.addEventListener("click", async () => {
    const code = block.querySelector("pre").cloneNode(true);
    const isSession = code.querySelector(".gp") !== null;
    for (const part of code.querySelectorAll(".gp, .go")) part.remove();
    const text = isSession ? code.textContent.replace(/\n+/g, "\n") : code.textContent;
    await navigator.clipboard.writeText(`${text.trim()}\n`);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
  block.append(button);
}
