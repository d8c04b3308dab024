// a filter
import xss from "xss";

console.log(xss('<a href="x" onclick="y">z</a><script>1</script>'), xss.escapeHtml("<b>"));
