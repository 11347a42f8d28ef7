// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenPath is where clients in a cluster look for who they are. No process can have a file of its own there.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// resync is how often volumes are looked at when nothing seems to have changed.
const resync = 10 * time.Minute

// volumes are the folders that stand for a Pod's volumes. Only sync changes them; the
// rest is called once sync has succeeded.
type volumes struct {
	node    *Node
	dir     string
	mounts  map[string]string            // Of each volume, the folder that has its files.
	written map[string]map[string][]byte // What is in those that are kept up to date.
	tokens  map[string]*token
}

// files are the contents of a volume, by path.
type files map[string][]byte

// sync brings the folders up to date. It returns when to do so again at the latest, or
// what the Pod waits for.
func (v *volumes) sync(ctx context.Context, latest *corev1.Pod) (refresh time.Duration, err error) {
	refresh = resync
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return 0, err
	}
	for i := range latest.Spec.Volumes {
		volume := &latest.Spec.Volumes[i]
		dir := filepath.Join(v.dir, volume.Name)
		var content files
		switch source := volume.VolumeSource; {
		case source.EmptyDir != nil:
			err = os.MkdirAll(dir, 0o700)
		case source.PersistentVolumeClaim != nil:
			dir, err = v.node.claimed(ctx, latest.Namespace, source.PersistentVolumeClaim.ClaimName)
		case source.Secret != nil:
			content, err = v.secret(latest.Namespace, source.Secret)
		case source.ConfigMap != nil:
			content, err = v.configMap(latest.Namespace, source.ConfigMap)
		case source.Projected != nil:
			var good time.Duration
			content, good, err = v.projected(ctx, latest, volume.Name, source.Projected)
			refresh = min(refresh, good)
		default:
			err = fmt.Errorf("volume %s is of a kind that is not known here", volume.Name)
		}
		if err == nil && content != nil {
			err = v.write(volume.Name, dir, content)
		}
		if err != nil {
			return 0, fmt.Errorf("volume %s: %w", volume.Name, err)
		}
		if v.mounts[volume.Name] != dir { // Containers read it, once this has been done for all.
			v.mounts[volume.Name] = dir
		}
	}
	return refresh, nil
}

// write puts files in the place of what the folder had, in one step, and as a kubelet does it: names lead
// through a link ..data, which is replaced. Watchers see the same events.
func (v *volumes) write(volume, dir string, content files) error {
	if old, ok := v.written[volume]; ok && maps.EqualFunc(old, content, bytes.Equal) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(dir, "..")
	if err != nil {
		return err
	}
	var names []string // The first elements of the paths.
	for path, data := range content {
		file := filepath.Join(fresh, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
		first, _, _ := strings.Cut(path, "/")
		names = append(names, first)
	}
	link := filepath.Join(dir, "..data")
	stale, _ := os.Readlink(link) // There is none at first.
	if err := os.Symlink(filepath.Base(fresh), link+"_tmp"); err != nil {
		return err
	}
	if err := os.Rename(link+"_tmp", link); err != nil {
		return err
	}
	if err := linkNames(dir, names); err != nil {
		return err
	}
	if v.written == nil {
		v.written = map[string]map[string][]byte{}
	}
	v.written[volume] = content
	if stale == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, stale))
}

// linkNames has exactly those names lead through ..data.
func linkNames(dir string, names []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, "..") && !slices.Contains(names, name) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// kubeconfig returns the path of a kubeconfig with the container's service account, if it has one.
func (v *volumes) kubeconfig(c *corev1.Container) (path string, ok bool, err error) {
	i := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == tokenPath })
	if i < 0 {
		return "", false, nil
	}
	path = filepath.Join(v.dir, "kubeconfig")
	config, cluster := clientcmdapi.NewConfig(), v.node.config.Cluster
	config.Clusters[nodeName] = &clientcmdapi.Cluster{Server: cluster.Host, CertificateAuthorityData: cluster.CAData}
	config.AuthInfos[nodeName] = &clientcmdapi.AuthInfo{TokenFile: filepath.Join(v.mounts[c.VolumeMounts[i].Name], "token")}
	config.Contexts[nodeName] = &clientcmdapi.Context{Cluster: nodeName, AuthInfo: nodeName}
	config.CurrentContext = nodeName
	return path, true, clientcmd.WriteToFile(*config, path)
}

// paths replaces paths in a container by where they are on this machine.
type paths map[string]string

func (v *volumes) paths(c *corev1.Container) paths {
	p := paths{}
	for _, mount := range c.VolumeMounts {
		p[strings.TrimSuffix(mount.MountPath, "/")] = v.mounts[mount.Name]
	}
	return p
}

// replace replaces every path in text that begins where paths begin in arguments: first, or after = , or :.
func (p paths) replace(text string) string {
	var result strings.Builder
	for i := 0; i < len(text); {
		if i == 0 || strings.IndexByte("=,:", text[i-1]) >= 0 {
			if mount := p.longest(text[i:]); mount != "" {
				result.WriteString(p[mount])
				i += len(mount)
				continue
			}
		}
		result.WriteByte(text[i])
		i++
	}
	return result.String()
}

// longest returns the longest mountPath that text begins with.
func (p paths) longest(text string) (found string) {
	for mount := range p {
		rest, ok := strings.CutPrefix(text, mount)
		if ok && len(mount) > len(found) && (rest == "" || strings.IndexByte("/,:", rest[0]) >= 0) {
			found = mount
		}
	}
	return found
}
