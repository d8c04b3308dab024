// tags and attributes that are allowed
import sanitizeHtml from "sanitize-html";

console.log(sanitizeHtml('<p onclick="x()">Hi <script>alert(1)</script><b>you</b><a href="javascript:x">l</a></p>'), sanitizeHtml("<i>x</i>", { allowedTags: [] }));
