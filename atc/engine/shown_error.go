package engine

import (
	"errors"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
)

// parse parses an image's source and params. Its error is for the build's
// events, in which upstream redacts no error: it is the one that they give
// without the secrets in them, as an error may quote a part of a secret.
func (d *buildStepDelegate) parse(source atc.Source, params atc.Params) (registryimage.Source, error) {
	parsed, err := registryimage.Parse(source, params)
	if err == nil {
		return parsed, nil
	}
	if _, redacted := registryimage.Parse(d.redactedSource(source), d.redactedMap(params)); redacted != nil {
		return parsed, redacted
	}
	return parsed, err // of a value's kind, which quotes no value
}

// withoutSecrets is an error that may quote the values of a source, with the
// secrets taken out of it.
func (d *buildStepDelegate) withoutSecrets(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(d.redactedString(err.Error()))
}
