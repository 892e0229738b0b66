package registryimage

import (
	"errors"
	"fmt"

	"github.com/concourse/concourse/atc"
	"github.com/google/go-containerregistry/pkg/name"
)

// Source is the source of a registry-image with the params of its get, valid
// once it was parsed.
type Source struct {
	fields     fields
	params     params
	repository name.Repository
	// unknown is a field that the resource v1.18.0 does not know, if there is one.
	unknown string
}

// Parse parses a source and the params of its get, in which vars are
// interpolated. What the resource would refuse is an error, but for fields that
// are not known: a newer resource may know them, see [Source.PhysicalReason].
func Parse(source atc.Source, getParams atc.Params) (Source, error) {
	var parsed Source
	unknown, err := decode(source, &parsed.fields)
	if err != nil {
		return Source{}, fmt.Errorf("source of a registry-image: %w", err)
	}
	unknownParam, err := decode(getParams, &parsed.params)
	if err != nil {
		return Source{}, fmt.Errorf("params of a registry-image: %w", err)
	}
	parsed.unknown = firstNonEmpty(unknown, unknownParam)

	if parsed.fields.Repository == "" {
		return Source{}, errors.New("source of a registry-image names no repository: set repository in the source")
	}
	if parsed.fields.AWSRegion != "" && parsed.fields.AWSRoleARN != "" && len(parsed.fields.AWSRoleARNs) > 0 {
		return Source{}, errors.New("source of a registry-image has both aws_role_arn and aws_role_arns: set one of them")
	}
	if err := parsed.resolveRepository(); err != nil {
		return Source{}, err
	}
	return parsed, nil
}

func (s *Source) resolveRepository() error {
	text := s.fields.Repository
	if s.usesECR() && s.fields.AWSAccountID != "" {
		text = fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", s.fields.AWSAccountID, s.fields.AWSRegion, text)
	}
	repository, err := name.NewRepository(text)
	if err != nil {
		return fmt.Errorf("repository %q in the source of a registry-image is not valid (a tag goes into tag, a digest into the version): %w", s.fields.Repository, err)
	}
	s.repository = repository
	return nil
}

// Registry is the host, with its port if it has one, of the registry that the
// source names; that of its mirror if it has one. It is empty for Amazon ECR as
// long as only AWS knows the account.
func (s Source) Registry() string {
	if s.usesECR() && s.fields.AWSAccountID == "" {
		return ""
	}
	if s.usesMirror() {
		return s.fields.RegistryMirror.Host
	}
	return registryName(s.repository)
}

// usesMirror follows the resource, which has Docker Hub's images from the
// mirror and those of other registries from there.
func (s Source) usesMirror() bool {
	return s.fields.RegistryMirror != nil && s.repository.RegistryStr() == name.DefaultRegistry && !s.usesECR()
}

// OnMirror returns the source as the resource first tries it: on its
// registry_mirror, with the mirror's login. It is false for a source that the
// resource uses no mirror for.
func (s Source) OnMirror() (Source, bool, error) {
	if !s.usesMirror() {
		return Source{}, false, nil
	}
	onMirror := s
	onMirror.fields.RegistryMirror = nil
	onMirror.fields.Username, onMirror.fields.Password = s.fields.RegistryMirror.Username, s.fields.RegistryMirror.Password
	if err := onMirror.move(s.fields.RegistryMirror.Host, s.repository.RepositoryStr()); err != nil {
		return Source{}, false, err
	}
	return onMirror, true, nil
}

// move puts the source on another registry.
func (s *Source) move(registry, repository string) error {
	host, err := name.NewRegistry(registry)
	if err != nil {
		return fmt.Errorf("registry %q for the registry-image %q is no host: %w", registry, s.fields.Repository, err)
	}
	s.repository = host.Repo(repository)
	return nil
}
