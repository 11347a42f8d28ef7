// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// invocation returns what a container runs and with which variables: as its spec
// says, for a process that shares this machine with others.
func (p *pod) invocation(c *corev1.Container) (argv, env []string, err error) {
	latest, _ := p.now()
	paths := p.volumes.paths(c)
	vars := map[string]string{"POD_IP": reachable(p.address)}
	env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOSTNAME=" + p.name}
	kubeconfig, ok, err := p.volumes.kubeconfig(c)
	if err != nil {
		return nil, nil, err
	}
	if ok {
		vars["KUBECONFIG"] = kubeconfig
		env = append(env, "KUBECONFIG="+kubeconfig)
	}
	for _, entry := range c.Env {
		value, err := p.value(latest, entry, vars)
		if err != nil {
			return nil, nil, err
		}
		vars[entry.Name] = value
		env = append(env, entry.Name+"="+paths.replace(value))
	}
	for _, word := range slices.Concat(c.Command, c.Args) {
		argv = append(argv, paths.replace(expand(word, vars)))
	}
	for _, flag := range p.node.config.Flags[filepath.Base(argv[0])] {
		argv = append(argv, expand(flag, vars))
	}
	return argv, env, nil
}

// value returns the value of a variable, wherever it comes from.
func (p *pod) value(latest *corev1.Pod, entry corev1.EnvVar, vars map[string]string) (string, error) {
	switch from := entry.ValueFrom; {
	case from == nil:
		return expand(entry.Value, vars), nil
	case from.FieldRef != nil:
		return p.field(latest, from.FieldRef.FieldPath)
	}
	return "", fmt.Errorf("variable %s: fields are the one source that is read here", entry.Name)
}

// field returns what the downward API has under that path.
func (p *pod) field(latest *corev1.Pod, path string) (string, error) {
	switch path {
	case "metadata.name":
		return p.name, nil
	case "metadata.namespace":
		return p.namespace, nil
	case "metadata.uid":
		return string(p.uid), nil
	case "spec.nodeName":
		return nodeName, nil
	case "spec.serviceAccountName":
		return latest.Spec.ServiceAccountName, nil
	case "status.podIP":
		return reachable(p.address), nil
	}
	return "", fmt.Errorf("field %s is not read here", path)
}

var reference = regexp.MustCompile(`\$\$|\$\([-._a-zA-Z][-._a-zA-Z0-9]*\)`)

// expand puts variables in the place of $(NAME). Unknown ones stay, and $$ is a $.
func expand(text string, vars map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if value, ok := vars[found[2:len(found)-1]]; ok {
			return value
		}
		return found
	})
}
