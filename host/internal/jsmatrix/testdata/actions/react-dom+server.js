// renderToStaticMarkup of a component
import { renderToStaticMarkup } from "react-dom/server";
import { createElement, useMemo } from "react";

const Mail = ({ name }) => createElement("p", { className: "x", style: { color: "red" } }, "Hi ", useMemo(() => name, [name]));
console.log(renderToStaticMarkup(createElement(Mail, { name: "<Jö>" })));
