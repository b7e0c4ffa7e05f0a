// The API's page, made from openapi.json; it loads nothing from elsewhere.

const make = (tag, className, text) => Object.assign(document.createElement(tag), { className: className ?? "", textContent: text ?? "" });
const routes = document.getElementById("routes");

function resolve(spec, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((at, part) => at[part], spec) : schema;
}

function kind(spec, schema) {
  if (!schema) return "";
  if (schema.anyOf) return schema.anyOf.map((s) => kind(spec, s)).join(" or ");
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.type === "array") return `list of ${kind(spec, schema.items)}`;
  return schema.type ?? "";
}

function fields(spec, schema) {
  const table = make("table"), resolved = resolve(spec, schema), needed = new Set(resolved?.required);
  for (const [name, field] of Object.entries(resolved?.properties ?? {})) {
    const row = table.insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = kind(spec, field) + (needed.has(name) ? "" : ", optional");
    row.insertCell().textContent = field.description ?? field.anyOf?.find((s) => s.description)?.description ?? "";
  }
  return table;
}

function section(spec, title, content) {
  const parts = [make("h3", "", title)], json = content?.["application/json"]?.schema;
  parts.push(json ? fields(spec, json) : make("p", "quiet", Object.keys(content ?? {}).join(", ") || "nothing"));
  return parts;
}

function route(spec, path, method, operation) {
  const details = make("details"), summary = make("summary"), body = make("div", "body");
  summary.append(make("span", "method", method.toUpperCase()), make("span", "path", path), make("span", "what", operation.summary));
  body.append(make("p", "", operation.description));
  if (operation.requestBody) body.append(...section(spec, "Request", operation.requestBody.content));
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status.startsWith("2")) body.append(...section(spec, `Answer ${status}`, answer.content));
  }
  const problems = Object.entries(operation.responses).filter(([status]) => !status.startsWith("2"));
  const table = make("table");
  for (const [status, answer] of problems) {
    const row = table.insertRow();
    row.insertCell().textContent = status;
    row.insertCell();
    row.insertCell().textContent = answer.description;
  }
  body.append(make("h3", "", "Problems: {\"detail\": \"…\"}"), table);
  details.append(summary, body);
  return details;
}

const spec = await (await fetch("openapi.json")).json();
const groups = new Map();
for (const [path, methods] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const group = operation.tags?.[0] ?? "other";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(route(spec, path, method, operation));
  }
}
routes.replaceChildren(...[...groups].flatMap(([group, all]) => [make("h2", "", group), ...all]));
