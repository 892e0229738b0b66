// Package mockresource is a resource that talks to nothing outside its
// container: versions, files and failures are what its source and params ask
// for. Pipelines of the integration suite use it as resource, as resource type
// and, because it can fetch its own root file system, as image.
package mockresource
