// stringify and parse of what is nested
import qs from "qs";

console.log(qs.stringify({ user: { id: event.user.user_id, tags: ["a", "b c"] } }), qs.parse("a[b][]=1&a[b][]=2&c=%C3%B6"));
