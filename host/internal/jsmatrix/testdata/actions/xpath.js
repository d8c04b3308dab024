// with @xmldom/xmldom: parse, select, change, serialise
const { DOMParser, XMLSerializer } = require("@xmldom/xmldom");
const xpath = require("xpath");

exports.onExecutePostUserRegistration = async (event) => {
  const document = new DOMParser().parseFromString(`<users><user id="1">Jo</user><user id="2">Al</user></users>`, "text/xml");
  console.log(xpath.select("//user[@id='2']/text()", document).toString(), xpath.select("count(//user)", document));
  const made = document.createElement("user");
  made.setAttribute("id", event.user.user_id);
  document.documentElement.appendChild(made);
  console.log(new XMLSerializer().serializeToString(document));
};
