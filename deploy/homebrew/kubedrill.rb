class Kubedrill < Formula
  desc "Interactive CKA and CKAD training lab for the terminal"
  homepage "@REPOSITORY@"
  url "@REPOSITORY@/releases/download/v@VERSION@/@FILE@"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    man1.install_symlink libexec/"lib/node_modules/kubedrill/dist/kubedrill.1"
  end

  test do
    ENV["XDG_STATE_HOME"] = testpath
    assert_match version.to_s, shell_output("#{bin}/kubedrill --version")
    assert_match "forbidden-deployment", shell_output("#{bin}/kubedrill list")
  end
end
