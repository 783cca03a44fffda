/**
 * What package managers need to know of a release: a formula for Homebrew, a manifest for Scoop and three for winget. Each names the
 * files of the release with their SHA-256.
 */

/** What the manifests say. */
export interface Released {
  version: string;
  description: string;
  license: string;
  /** The address of the repository on the web, as `https://…/owner/name`. */
  repository: string;
  /** The SHA-256 of each file of the release, by its name. */
  digests: Map<string, string>;
}

/**
 * Returns the text of each manifest by the name of its file.
 *
 * @throws if a file that they name is not in the release
 */
export function manifests(released: Released): Map<string, string> {
  return new Map([
    ["polyloop.rb", homebrew(released)],
    ["polyloop.json", scoop(released)],
    ...winget(released),
  ]);
}

/** The address and the SHA-256 of a file of the release. */
function fileOf({ repository, version, digests }: Released, name: string): { url: string; digest: string } {
  const digest = digests.get(name);
  if (digest === undefined) throw new Error(`the release has no ${name}`);
  return { url: `${repository}/releases/download/v${version}/${name}`, digest };
}

function homebrew(released: Released): string {
  const part = (target: string) => {
    const { url, digest } = fileOf(released, `polyloop-${target}.tar.xz`);
    return `      url "${url}"\n      sha256 "${digest}"\n`;
  };
  const system = (name: string, suffix: string) =>
    `  on_${name} do\n    on_arm do\n${part(`aarch64-${suffix}`)}    end\n    on_intel do\n${
      part(`x86_64-${suffix}`)
    }    end\n  end\n`;
  return `class Polyloop < Formula
  desc ${JSON.stringify(released.description.replace(/\.$/, ""))}
  homepage "${released.repository}"
  version "${released.version}"
  license "${released.license}"

${system("macos", "apple-darwin")}
${system("linux", "unknown-linux-gnu")}
  def install
    bin.install Dir["polyloop-*"].first => "polyloop"
    generate_completions_from_executable(bin/"polyloop", "completions")
  end

  test do
    assert_equal "42", pipe_output("#{bin}/polyloop run -e 'x => x * 2'", "21").strip
  end
end
`;
}

function scoop(released: Released): string {
  const part = (machine: string) => {
    const name = `polyloop-${machine}-pc-windows-msvc`;
    const { url, digest } = fileOf(released, `${name}.zip`);
    return { url, hash: digest, bin: [[`${name}.exe`, "polyloop"]] };
  };
  const { version, description, license, repository } = released;
  const manifest = {
    version,
    description,
    homepage: repository,
    license,
    architecture: { "64bit": part("x86_64"), arm64: part("aarch64") },
    checkver: { github: repository },
  };
  return `${JSON.stringify(manifest, null, 4)}\n`;
}

function winget(released: Released): [name: string, text: string][] {
  const id = "polyloop.polyloop";
  const text = (kind: string, fields: string) =>
    `PackageIdentifier: ${id}\nPackageVersion: ${released.version}\n${fields}ManifestType: ${kind}\nManifestVersion: 1.6.0\n`;
  const installer = ([machine, name]: [string, string]) => {
    const { url, digest } = fileOf(released, `polyloop-${name}-pc-windows-msvc.zip`);
    return `- Architecture: ${machine}\n  InstallerUrl: ${url}\n  InstallerSha256: ${digest.toUpperCase()}\n` +
      `  NestedInstallerFiles:\n  - RelativeFilePath: polyloop-${name}-pc-windows-msvc.exe\n    PortableCommandAlias: polyloop\n`;
  };
  const installers = ([["x64", "x86_64"], ["arm64", "aarch64"]] as [string, string][]).map(installer).join(
    "",
  );
  return [
    [`${id}.yaml`, text("version", "DefaultLocale: en-US\n")],
    [
      `${id}.installer.yaml`,
      text("installer", `InstallerType: zip\nNestedInstallerType: portable\nInstallers:\n${installers}`),
    ],
    [
      `${id}.locale.en-US.yaml`,
      text(
        "defaultLocale",
        `PackageLocale: en-US\nPublisher: polyloop\nPackageName: polyloop\nLicense: ${released.license}\n` +
          `ShortDescription: ${JSON.stringify(released.description)}\nPackageUrl: ${released.repository}\n`,
      ),
    ],
  ];
}
