package engine

import (
	"fmt"
	"strings"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/google/go-containerregistry/pkg/name"
)

// NativeImageFetchMode says when images are left to the kubelet to pull.
type NativeImageFetchMode string

const (
	// NativeImageFetchAuto leaves them to the kubelet when every running worker
	// that could take the step is a Kubernetes worker.
	NativeImageFetchAuto NativeImageFetchMode = "auto"
	// NativeImageFetchAlways does so whatever workers there are.
	NativeImageFetchAlways NativeImageFetchMode = "always"
	// NativeImageFetchNever is upstream's behaviour: a get of the image runs.
	NativeImageFetchNever NativeImageFetchMode = "never"
)

// NativeImageFetchFlags are the flags of the web node about native image fetch.
type NativeImageFetchFlags struct {
	Mode       NativeImageFetchMode `long:"native-image-fetch" default:"auto" choice:"auto" choice:"always" choice:"never" description:"When the images of steps are left to a Kubernetes worker's kubelet to pull by digest, instead of being fetched into a volume: always, never, or when every worker that could take the step is a Kubernetes worker."`
	Registries []RegistryHost       `long:"native-image-fetch-registry" value-name:"HOST[:PORT]" description:"Registry that the nodes of all Kubernetes workers are configured for: plain HTTP, a CA of its own, or a credential provider of the kubelet. Its images are left to the kubelet even if their source has insecure, ca_certs or a cloud's identity. Can be specified multiple times."`
	Platform   Platform             `long:"native-image-fetch-platform" value-name:"OS/ARCHITECTURE" description:"Platform of the nodes of all Kubernetes workers, such as linux/amd64. Images whose source asks for this platform are left to the kubelet."`
}

func (f NativeImageFetchFlags) nodes() registryimage.Nodes {
	nodes := registryimage.Nodes{Platform: string(f.Platform)}
	for _, registry := range f.Registries {
		nodes.Registries = append(nodes.Registries, string(registry))
	}
	return nodes
}

// RegistryHost is the host of a registry, with its port if it has one.
type RegistryHost string

// UnmarshalFlag refuses what can't be the host of a registry.
func (h *RegistryHost) UnmarshalFlag(value string) error {
	if _, err := name.NewRegistry(value, name.StrictValidation); err != nil || strings.ContainsAny(value, ",*") {
		return fmt.Errorf("%q is not the host of a registry: give HOST or HOST:PORT, without a scheme, a repository and wildcards, and the flag again for each further one", value)
	}
	*h = RegistryHost(value)
	return nil
}

// Platform is an operating system and an architecture, as OCI images name them.
type Platform string

// UnmarshalFlag refuses what has not two parts. A source can't ask for a third,
// the variant of an architecture.
func (p *Platform) UnmarshalFlag(value string) error {
	os, architecture, _ := strings.Cut(value, "/")
	if os == "" || architecture == "" || strings.Contains(architecture, "/") {
		return fmt.Errorf("%q is not a platform: give OS/ARCHITECTURE, such as linux/amd64", value)
	}
	*p = Platform(value)
	return nil
}
