package concourse

import "github.com/google/go-containerregistry/pkg/authn"

type registry struct {
	address string
	// login is nil for a registry that wants none.
	login authn.Authenticator
}

func (c *Concourse) registries() []registry {
	return []registry{
		{address: c.Cluster.Registry()},
		{address: c.Cluster.PrivateRegistry(), login: &authn.Basic{
			Username: c.Cluster.RegistryUser(),
			Password: c.Cluster.RegistryPassword(),
		}},
	}
}

// configuredRegistries returns the flags that tell web which registries the
// node's containerd speaks plain HTTP with.
func (c *Concourse) configuredRegistries() []string {
	var flags []string
	for _, host := range c.Cluster.Registries() {
		flags = append(flags, flagOf("native-image-fetch-registry", host))
	}
	return flags
}
