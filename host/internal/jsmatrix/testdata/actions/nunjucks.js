// renderString with filters, inheritance by a loader of its own
import nunjucks from "nunjucks";

const env = new nunjucks.Environment(new (nunjucks.Loader.extend({ getSource: (name) => ({ src: "A{% block b %}x{% endblock %}Z", path: name, noCache: true }) }))(), { autoescape: true });
env.addFilter("shout", (s) => s.toUpperCase());
console.log(env.renderString('{% extends "base" %}{% block b %}{{ name | shout }} {% for i in [1, 2] %}{{ loop.index }}{% endfor %}{% endblock %}', { name: "<jö>" }));
