using System.Diagnostics;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Tests.Support;

namespace DePin.Tests.Tools.Release;

/// <summary>From a bundle to a release that two people signed.</summary>
public sealed class ReleaseTests(ReleaseRig.Keys keys) : IDisposable, IClassFixture<ReleaseRig.Keys>
{
    private readonly ReleaseRig _rig = new(keys);

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_two_people_signed_verifies_with_openssl_and_an_independent_cbor_reader(bool isForBoards)
    {
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key");
        string bundle = isForBoards ? _rig.Pe("DePin.Node.B42") : _rig.Dll("DePin.Node.B42");
        string release = await _rig.MakeAsync(bundle, "1.4.0", 42, "--profile", "airnode", "--profile", "lamp-small");
        await _rig.SignAsync(release, juma);
        await _rig.SignAsync(release, amina);
        JsonNode checkedBy = await PythonAsync(release, bundle, _rig.Passphrase, amina, juma);
        Assert.Equal(2, checkedBy["verified"]!.AsArray().Count);
        Assert.Equal("DePin.Node.B42", (string)checkedBy["assembly"]!);
        Assert.Equal(["1", "3"], checkedBy["profiles"]!.AsArray().Select(number => $"{number}"));
        JsonNode own = await ReleaseRig.DoAsync("verify", release, "--keys", _rig.Trusted(amina, juma));
        Assert.True((bool)own["isRight"]!);
        Assert.Equal(isForBoards ? "1.4.7.0" : "2.3.0.0", (string)own["bundle"]!["version"]!);
    }

    [Fact]
    public async Task The_order_of_the_signers_does_not_matter_and_nobody_signs_twice()
    {
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key");
        string release = await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42);
        File.Copy(release, _rig.Of("other"));
        await _rig.SignAsync(release, amina);
        Assert.Contains("signed it before", await ReleaseRig.RefusedAsync("sign", release, "--key", amina, "--passphrase-file", _rig.Passphrase));
        await _rig.SignAsync(release, juma);
        await _rig.SignAsync(_rig.Of("other"), juma);
        await _rig.SignAsync(_rig.Of("other"), amina);
        Assert.Equal(await KeyIdsAsync(release), await KeyIdsAsync(_rig.Of("other")));
        SignedRelease[] both = [.. ((string[])[release, _rig.Of("other")]).Select(file => SignedRelease.Decode(File.ReadAllBytes(file), out _)!)];
        Assert.Equal(both[0].Manifest.Encode(), both[1].Manifest.Encode());
    }

    [Fact]
    public async Task One_signature_is_not_enough_and_the_explanation_says_so()
    {
        string amina = _rig.Key("amina.key");
        string release = await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42);
        await _rig.SignAsync(release, amina);
        (int code, string output, _) = await ReleaseRig.RunAsync("release", "verify", release, "--keys", _rig.Trusted(amina));
        Assert.Equal(1, code);
        Assert.Contains("It has 1 of at least 2 signatures", output);
        Assert.Contains("has 1 of at least 2 signatures", await ReleaseRig.RefusedAsync("publish", release));
        Assert.Null(SignedRelease.Decode(File.ReadAllBytes(release), out _));
    }

    [Fact]
    public async Task A_key_is_for_its_owner_alone_opens_with_its_passphrase_only_and_is_never_overwritten()
    {
        string key = _rig.Of("own.key");
        await ReleaseRig.DoAsync("keys", key, "--passphrase-file", _rig.Passphrase);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(key) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----", File.ReadAllText(key));
        byte[] before = File.ReadAllBytes(key);
        Assert.Contains("no key is ever overwritten", await ReleaseRig.RefusedAsync("keys", key, "--passphrase-file", _rig.Passphrase));
        Assert.Equal(before, File.ReadAllBytes(key));
        File.WriteAllText(_rig.Of("wrong"), "another passphrase\n");
        string release = await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42);
        byte[] unsigned = File.ReadAllBytes(release);
        Assert.Contains("cannot be opened", await ReleaseRig.RefusedAsync("sign", release, "--key", key, "--passphrase-file", _rig.Of("wrong")));
        Assert.Equal(unsigned, File.ReadAllBytes(release));
        File.WriteAllText(_rig.Of("short"), "eleven char\n");
        Assert.Contains("at least 12", await ReleaseRig.RefusedAsync("keys", _rig.Of("none.key"), "--passphrase-file", _rig.Of("short")));
        Assert.False(File.Exists(_rig.Of("none.key")));
    }

    [Fact]
    public async Task An_assembly_name_that_was_used_before_or_is_deployed_is_refused()
    {
        await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42);
        Assert.Contains("as that of release 1.4.0", await RefusedMakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.1", 43));
        Assert.Contains("deployment image", await RefusedMakeAsync(_rig.Pe("DePin.Node.Esp32"), "1.4.1", 43));
        Assert.Contains("deployment image", await RefusedMakeAsync(_rig.Pe("System.Net"), "1.4.1", 43));
        Assert.Equal(["1.4.0.pe", "1.4.0.release"], Directory.GetFiles(_rig.Releases).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Name_build_and_security_go_one_way_and_a_return_says_where_from()
    {
        await _rig.MakeAsync(_rig.Pe("B42"), "1.4.0", 42, "--security", "3");
        Assert.Contains("there is a release 1.4.0 already", await RefusedMakeAsync(_rig.Pe("B43"), "1.4.0", 43, "--security", "3"));
        Assert.Contains("its build is 42", await RefusedMakeAsync(_rig.Pe("B43"), "1.4.1", 42, "--security", "3"));
        Assert.Contains("no node goes below", await RefusedMakeAsync(_rig.Pe("B43"), "1.4.1", 43, "--security", "2"));
        Assert.Contains("no node goes below", await RefusedMakeAsync(_rig.Pe("B41b"), "1.3.9", 41, "--security", "2", "--returns-from", "42"));
        Assert.Contains("no manifest in the form", await RefusedMakeAsync(_rig.Pe("B41b"), "1.3.9", 42, "--security", "3", "--returns-from", "42"));
        await _rig.MakeAsync(_rig.Pe("B41b"), "1.3.9", 41, "--security", "3", "--returns-from", "42");
    }

    [Fact]
    public async Task What_is_no_bundle_or_too_large_or_damaged_is_refused_and_nothing_is_made()
    {
        File.WriteAllText(_rig.Of("text"), "no assembly");
        Assert.Contains("neither a nanoFramework assembly", await RefusedMakeAsync(_rig.Of("text"), "1.4.0", 42));
        File.WriteAllBytes(_rig.Of("large"), new byte[UpdateLimits.BundleBytes + 1]);
        Assert.Contains($"at most {UpdateLimits.BundleBytes}", await RefusedMakeAsync(_rig.Of("large"), "1.4.0", 42));
        byte[] damaged = File.ReadAllBytes(_rig.Pe("DePin.Node.B42"));
        damaged[^3] ^= 1;
        File.WriteAllBytes(_rig.Of("damaged"), damaged);
        Assert.Contains("checksum", await RefusedMakeAsync(_rig.Of("damaged"), "1.4.0", 42));
        File.WriteAllBytes(_rig.Of("cut"), File.ReadAllBytes(_rig.Dll("DePin.Node.B42"))[..600]);
        Assert.Contains("neither", await RefusedMakeAsync(_rig.Of("cut"), "1.4.0", 42));
        Assert.False(Directory.Exists(_rig.Releases));
    }

    [Theory]
    [InlineData("changed", "its SHA-256 differs")]
    [InlineData("cut", "bytes, and")]
    public async Task A_bundle_that_is_not_the_signed_one_is_found(string how, string sentence)
    {
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key");
        string release = await _rig.MakeAsync(_rig.Dll("DePin.Node.B42"), "1.4.0", 42);
        await _rig.SignAsync(release, amina);
        await _rig.SignAsync(release, juma);
        string copy = Path.ChangeExtension(release, ".dll");
        byte[] bytes = File.ReadAllBytes(copy);
        bytes[^1] ^= 1;
        File.WriteAllBytes(copy, how == "cut" ? bytes[..^1] : bytes);
        (int code, string output, _) = await ReleaseRig.RunAsync("release", "verify", release, "--keys", _rig.Trusted(amina, juma));
        Assert.Equal(1, code);
        Assert.Contains(sentence, output);
    }

    [Theory]
    [InlineData(0, null, "--profile", "lamp-small", "--running-build", "41", "--running-security", "3", "--loader", "1", "--product", "node")]
    [InlineData(3, "WrongProfile", "--profile", "airnode")]
    [InlineData(3, "NotOurProduct", "--product", "kettle")]
    [InlineData(3, "BuildTooLow", "--running-build", "42")]
    [InlineData(3, "SecurityTooLow", "--running-security", "4")]
    [InlineData(3, "LoaderTooOld", "--loader", "0")]
    public async Task Which_node_takes_it_and_why_another_does_not(int exitCode, string? reason, params string[] node)
    {
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key");
        string release = await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42, "--security", "3", "--loader-min", "1");
        await _rig.SignAsync(release, amina);
        await _rig.SignAsync(release, juma);
        (int code, string output, string errors) = await ReleaseRig.RunAsync(["release", "verify", release, "--keys", _rig.Trusted(amina, juma), .. node, "--json"]);
        Assert.True(code == exitCode, output + errors);
        Assert.Equal(reason, JsonNode.Parse(output)!["nodes"]!.AsArray().Select(judgement => (string?)judgement!["reason"]).SingleOrDefault(found => found is not null));
    }

    [Fact]
    public async Task Signatures_by_keys_that_a_node_does_not_trust_count_for_nothing()
    {
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key"), stranger = _rig.Key("stranger.key");
        string release = await _rig.MakeAsync(_rig.Pe("DePin.Node.B42"), "1.4.0", 42);
        await _rig.SignAsync(release, amina);
        await _rig.SignAsync(release, stranger);
        (int code, string output, _) = await ReleaseRig.RunAsync("release", "verify", release, "--keys", _rig.Trusted(amina, juma));
        Assert.Equal(1, code);
        Assert.Contains("Only one of its signatures is right", output);
        await _rig.SignAsync(release, juma);
        await ReleaseRig.DoAsync("verify", release, "--keys", _rig.Trusted(amina, juma));
    }

    [Fact]
    public async Task Two_root_keys_sign_which_keys_sign_releases()
    {
        string[] roots = [_rig.Key("root-1.key"), _rig.Key("root-2.key")];
        string amina = _rig.Key("amina.key"), juma = _rig.Key("juma.key");
        string file = _rig.Of("keys-1.rotation");
        Assert.Contains("2 to 5 different", await ReleaseRig.RefusedAsync("rotate", "--version", "1", "--release-key", amina + ".pub", "--release-key", amina + ".pub", "--out", file));
        await ReleaseRig.DoAsync("rotate", "--version", "1", "--release-key", amina + ".pub", "--release-key", juma + ".pub", "--out", file);
        await _rig.SignAsync(file, roots[1]);
        await _rig.SignAsync(file, roots[0]);
        JsonNode report = await ReleaseRig.DoAsync("verify", file, "--keys", _rig.Trusted(roots));
        Assert.Equal("rotation", (string)report["kind"]!);
        Assert.Equal(1, (long)report["rotation"]!["version"]!);
    }

    private Task<string> RefusedMakeAsync(string bundle, string name, int build, params string[] more) =>
        ReleaseRig.RefusedAsync(["make", bundle, "--folder", _rig.Releases, "--release", name, "--build", $"{build}", .. ReleaseRig.Usual(more)]);

    private static async Task<string> KeyIdsAsync(string release)
    {
        JsonNode report = await ReleaseRig.DoAsync("verify", release);
        return string.Join(' ', report["signatures"]!.AsArray().Select(signature => (string)signature!["keyId"]!));
    }

    private static async Task<JsonNode> PythonAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Checkout.File("tests", "Tools", "Release", "cose_check.py"), .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, $"{await errors}If cbor2 or openssl is missing: apt-get install -y python3-cbor2 openssl");
        return JsonNode.Parse(output)!;
    }
}
