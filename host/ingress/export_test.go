package ingress

// MaskBody is what people see of a body.
var MaskBody = maskBody
