/** One way to the JSON API: the answer, or an Error with its words for a person. */

export async function post(path, body) {
  const answer = await fetch(`/sim/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return read(answer);
}

export async function get(path) {
  return read(await fetch(`/sim/api/${path}`));
}

async function read(answer) {
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.error ?? `服务没有答复（${answer.status}）`);
  return data;
}
