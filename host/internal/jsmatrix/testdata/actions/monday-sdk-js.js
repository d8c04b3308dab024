// api: a mutation
// 200 POST api.monday.com/v2 {"data":{"create_item":{"id":"7"}}}
import mondaySdk from "monday-sdk-js";

const monday = mondaySdk();
monday.setToken(event.secrets.TOKEN);
console.log((await monday.api(`mutation { create_item(board_id: 1, item_name: "${event.user.email}") { id } }`)).data);
