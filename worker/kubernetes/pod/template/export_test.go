package template

// Refused are the paths of the fields that a template must not have.
var Refused = refused
