// parseAndRender with a filter
import { Liquid } from "liquidjs";

const engine = new Liquid();
engine.registerFilter("shout", (s) => s.toUpperCase());
console.log(await engine.parseAndRender("{% for x in list %}{{ x | shout }}{% unless forloop.last %}, {% endunless %}{% endfor %} {{ 1700000000 | date: '%Y-%m-%d' }}", { list: ["a", "ö"] }));
