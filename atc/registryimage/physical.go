package registryimage

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
)

// Nodes is what the operator says about the nodes of the Kubernetes workers.
type Nodes struct {
	// Registries are those, as host or host:port, that the nodes' container
	// runtime is configured for: plain HTTP, a CA of their own, cloud credentials.
	Registries []string

	// Platform is that of every node, as os/architecture, empty if it isn't said.
	Platform string
}

func (n Nodes) configuredFor(registry string) bool {
	return registry != "" && slices.ContainsFunc(n.Registries, func(declared string) bool {
		return strings.EqualFold(kubeletName(declared), registry)
	})
}

// PhysicalReason tells why a kubelet can't pull what the source asks for, and
// what can be set to change that; it is empty where it can. It ends no sentence.
func (s Source) PhysicalReason(nodes Nodes) string {
	for _, reason := range []string{
		s.unknownReason(),
		s.formatReason(),
		s.contentTrustReason(),
		s.platformReason(nodes),
		s.mirrorReason(),
		s.cloudReason(nodes),
		s.registryReason(nodes),
		s.nameReason(),
	} {
		if reason != "" {
			return reason
		}
	}
	return ""
}

func (s Source) unknownReason() string {
	if s.unknown == "" {
		return ""
	}
	return fmt.Sprintf("it has the field %q, of which native image fetch does not know what it asks for: take it out if it is not needed", s.unknown)
}

func (s Source) formatReason() string {
	if s.params.SkipDownload || (s.params.Format != "" && s.params.Format != "rootfs") {
		return "params ask its get for something else than a root file system: take out format and skip_download"
	}
	return ""
}

func (s Source) contentTrustReason() string {
	if s.fields.ContentTrust == nil {
		return ""
	}
	return "content_trust is set, and a kubelet verifies no signatures of that kind: take it out of the source where only a put needs it"
}

// platformReason compares with the nodes' platform: params go before the
// source, and what neither says is the platform of whoever pulls.
func (s Source) platformReason(nodes Nodes) string {
	wanted := s.params.Platform
	if wanted == nil {
		wanted = s.fields.Platform
	}
	if wanted == nil || *wanted == (platform{}) {
		return ""
	}
	os, architecture, _ := strings.Cut(nodes.Platform, "/")
	if (wanted.OS == "" || wanted.OS == firstNonEmpty(os, "linux")) && (wanted.Architecture == "" || wanted.Architecture == architecture) {
		return ""
	}
	return fmt.Sprintf("platform is set, and a kubelet pulls for the platform of its node: if it is that of all the Kubernetes workers' nodes, set --native-image-fetch-platform=%s/%s on web",
		firstNonEmpty(wanted.OS, "linux"), firstNonEmpty(wanted.Architecture, "ARCHITECTURE"))
}

func (s Source) mirrorReason() string {
	if s.usesMirror() && s.fields.RegistryMirror.Host == "" {
		return "registry_mirror names no host: set one"
	}
	return ""
}

// cloudReason is about identities that a node has and web must not use for
// whoever writes a pipeline.
func (s Source) cloudReason(nodes Nodes) string {
	if nodes.configuredFor(s.Registry()) {
		return ""
	}
	advice := "give the kubelets a credential provider for the registry and set --native-image-fetch-registry on web to its host"
	switch {
	case s.usesECR() && !s.hasAWSKeys():
		return "aws_region is set without keys, so the login is that of the worker's node: set aws_access_key_id and aws_secret_access_key; or aws_account_id, and " + advice
	case s.fields.AzureACR:
		return "azure_acr is set, so the login is that of the worker's node: set username and password instead; or " + advice
	}
	return ""
}

// registryReason is about what a kubelet knows of a registry only from the
// configuration of its node.
func (s Source) registryReason(nodes Nodes) string {
	registry := s.Registry()
	if nodes.configuredFor(registry) {
		return ""
	}
	advice := fmt.Sprintf("configure the container runtime of the nodes for it and set --native-image-fetch-registry=%s on web", firstNonEmpty(registry, "HOST"))
	switch {
	case s.fields.Insecure:
		return "insecure is set, and a kubelet speaks plain HTTP only with registries that its node is configured for: " + advice
	case len(s.fields.CACerts) > 0:
		return "ca_certs is set, and a kubelet trusts the certificates of its node: " + advice
	case isLoopback(registry):
		return fmt.Sprintf("the registry %s is another machine for a kubelet than for a container: name it by its host", registry)
	case speaksPlainHTTP(registry):
		return fmt.Sprintf("the registry %s has a private address, with which the resource speaks plain HTTP and a kubelet doesn't: %s", registry, advice)
	}
	return ""
}

// nameReason is about names that the resource takes and a kubelet, which parses
// them with the package reference, does not.
func (s Source) nameReason() string {
	named := repositoryName(s.repository)
	if _, err := reference.ParseNamed(named); err != nil {
		return fmt.Sprintf("a kubelet does not take the name %s (%s): rename the repository", named, err)
	}
	return ""
}

func isLoopback(registry string) bool {
	host := hostOf(registry)
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && (ip.IsLoopback() || ip.IsUnspecified()))
}

// speaksPlainHTTP says whether go-containerregistry, and so the resource, falls
// back to HTTP for a registry without being told to.
func speaksPlainHTTP(registry string) bool {
	parsed, err := name.NewRegistry(registry)
	return err == nil && parsed.Scheme() == "http"
}

func hostOf(registry string) string {
	if host, _, err := net.SplitHostPort(registry); err == nil {
		return strings.ToLower(host)
	}
	return strings.ToLower(registry)
}
