// SPDX-License-Identifier: Apache-2.0

// Command protoc is the part of the protocol buffer compiler that
// go-to-protobuf calls, in pure Go, so that generating code needs nothing but
// the Go toolchain. It compiles the .proto files it is given and pipes them
// through the plugin protoc-gen-gogo from PATH.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

type paths []string

func (p *paths) String() string     { return strings.Join(*p, ",") }
func (p *paths) Set(s string) error { *p = append(*p, s); return nil }

func main() {
	var roots paths
	flag.Var(&roots, "I", "directory to search for imports; may be repeated")
	out := flag.String("gogo_out", "", "directory that protoc-gen-gogo's output is written under")
	flag.Parse()
	if err := run(context.Background(), roots, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "protoc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, roots []string, out string, files []string) error {
	names := make([]string, len(files))
	for i, file := range files {
		name, err := importName(roots, file)
		if err != nil {
			return err
		}
		names[i] = name
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: roots}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(ctx, names...)
	if err != nil {
		return err
	}
	request := &pluginpb.CodeGeneratorRequest{FileToGenerate: names}
	seen := map[string]bool{}
	for _, file := range compiled {
		request.ProtoFile = appendWithImports(request.ProtoFile, seen, file)
	}
	return generate(ctx, request, out)
}

// importName is file as an import names it: relative to the deepest root that holds it.
func importName(roots []string, file string) (string, error) {
	best := ""
	for _, root := range roots {
		rel, err := filepath.Rel(root, file)
		if err == nil && !strings.HasPrefix(rel, "..") && (best == "" || len(rel) < len(best)) {
			best = rel
		}
	}
	if best == "" {
		return "", fmt.Errorf("%s is under none of %s", file, strings.Join(roots, ", "))
	}
	return filepath.ToSlash(best), nil
}

// appendWithImports appends file after everything it imports, each once, which is the order plugins rely on.
func appendWithImports(list []*descriptorpb.FileDescriptorProto, seen map[string]bool, file protoreflect.FileDescriptor) []*descriptorpb.FileDescriptorProto {
	if seen[file.Path()] {
		return list
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		list = appendWithImports(list, seen, file.Imports().Get(i).FileDescriptor)
	}
	return append(list, protoutil.ProtoFromFileDescriptor(file))
}

func generate(ctx context.Context, request *pluginpb.CodeGeneratorRequest, out string) error {
	input, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	plugin := exec.CommandContext(ctx, "protoc-gen-gogo")
	plugin.Stdin, plugin.Stderr = bytes.NewReader(input), os.Stderr
	output, err := plugin.Output()
	if err != nil {
		return fmt.Errorf("protoc-gen-gogo: %w", err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("protoc-gen-gogo: %s", response.GetError())
	}
	for _, file := range response.File {
		if err := os.WriteFile(filepath.Join(out, file.GetName()), []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
