using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Fleet.Updates;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>What is let out needs its bundle and two keys; whatever else comes is refused by name and leaves nothing.</summary>
public sealed class ReleaseApiTests : IAsyncLifetime
{
    private RolloutRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await RolloutRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task A_bundle_is_stored_under_its_own_hash_once_and_comes_out_as_it_went_in()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(_rig.Bundle));
        Assert.Equal((hash, "stored"), await StoredAsync("?sha256=" + hash));
        Assert.Equal((hash, "exists"), await StoredAsync(""));
        Assert.Equal(_rig.Bundle, await _rig.Backend.Http.GetByteArrayAsync("/api/artifacts/" + hash, RolloutRig.Cancel));
        Assert.Equal([hash], Files());
        Assert.Single((await _rig.GetAsync("/api/artifacts"))["items"]!.AsArray());
    }

    [Fact]
    public async Task An_upload_that_is_empty_too_long_broken_or_not_what_was_named_leaves_nothing()
    {
        Assert.Equal("empty", (string?)(await _rig.UploadAsync([], HttpStatusCode.BadRequest))["refusal"]);
        Assert.Equal("overLimit", (string?)(await _rig.UploadAsync(new byte[UpdateLimits.BundleBytes + 1], HttpStatusCode.RequestEntityTooLarge))["refusal"]);
        Assert.Equal("hashDiffers", (string?)(await _rig.UploadAsync(_rig.Bundle, HttpStatusCode.Conflict, "?sha256=" + new string('0', 64)))["refusal"]);
        await _rig.UploadAsync(_rig.Bundle, HttpStatusCode.BadRequest, "?sha256=zz");

        // Without a length nobody knows beforehand how much comes; the connection breaks in the middle.
        using HttpClient mary = _rig.Backend.As("mary", Roles.Manager);
        using var endless = new HttpRequestMessage(HttpMethod.Post, "/api/artifacts") { Content = new StreamContent(new EndlessStream(10 * UpdateLimits.BundleBytes)) };
        endless.Headers.TransferEncodingChunked = true;
        await RefusedOrClosedAsync(mary, endless);
        using var broken = new HttpRequestMessage(HttpMethod.Post, "/api/artifacts") { Content = new StreamContent(new EndlessStream(5000, isBroken: true)) };
        await Assert.ThrowsAnyAsync<Exception>(() => mary.SendAsync(broken, RolloutRig.Cancel));
        await Eventually.HoldsAsync(() => Files().Length == 0, "nothing is left of any of them", 60);
        Assert.Empty((await _rig.GetAsync("/api/artifacts"))["items"]!.AsArray());
    }

    [Fact]
    public async Task What_a_kill_left_of_an_upload_is_gone_after_the_next_start()
    {
        await _rig.UploadAsync(_rig.Bundle, HttpStatusCode.OK);
        await _rig.Backend.RestartAsync(() => File.WriteAllText(Path.Combine(_rig.Backend.DataFolder, "artifacts", "0f.part"), "half"));
        Assert.Equal([Convert.ToHexStringLower(SHA256.HashData(_rig.Bundle))], Files());
    }

    [Fact]
    public async Task A_published_release_is_firmware_that_verification_knows()
    {
        string id = await _rig.PublishAsync();
        JsonNode release = await _rig.GetAsync("/api/releases/" + id);
        Assert.Equal(("2026.10", _rig.Digest, 2), ((string?)release["name"], (string?)release["firmware"], release["signers"]!.AsArray().Count));
        JsonNode firmware = Assert.Single((await _rig.GetAsync("/api/firmware"))["items"]!.AsArray())!;
        Assert.Equal((_rig.Digest, "2026.10"), ((string?)firmware["digest"], (string?)firmware["name"]));
        Assert.Equal("exists", (string?)(await _rig.PublishAsync(_rig.Keys.Release(_rig.Bundle), HttpStatusCode.OK))["result"]);
        Assert.Contains((await _rig.GetAsync("/api/events"))["items"]!.AsArray(), made => (string?)made!["kind"] == "published" && (string?)made["by"] == "mary");
    }

    [Fact]
    public async Task The_first_release_does_not_silently_hold_what_the_fleet_runs_already()
    {
        await using UpdateNode node = await _rig.NodeAsync();
        await _rig.UploadAsync(_rig.Bundle, HttpStatusCode.OK);
        byte[] signed = _rig.Keys.Release(_rig.Bundle);
        JsonNode refused = await _rig.PublishAsync(signed, HttpStatusCode.Conflict, "");
        Assert.Equal("runningFirmwareUnknown", (string?)refused["refusal"]);
        Assert.Contains("0102030405060708", (string?)refused["detail"], StringComparison.Ordinal);
        await _rig.PublishAsync(signed, HttpStatusCode.OK);
        Assert.Equal(["0102030405060708", _rig.Digest], (await _rig.GetAsync("/api/firmware"))["items"]!.AsArray().Select(row => (string)row!["digest"]!).OrderBy(digest => digest != "0102030405060708"));
    }

    [Fact]
    public async Task Every_release_that_must_not_be_published_is_refused_by_name()
    {
        await _rig.PublishAsync();
        byte[] other = RandomNumberGenerator.GetBytes(2000);
        await _rig.UploadAsync(other, HttpStatusCode.OK);
        void Next(ReleaseManifest manifest) => (manifest.Release, manifest.Build, manifest.Security, manifest.Assembly) = ("2026.11", 11, 1, "Node11");
        byte[] right = _rig.Keys.Release(other, Next);

        await RefusedAsync("oneSignature", _rig.Keys.Release(other, Next, 0));
        await RefusedAsync("unknownKey", _rig.Keys.Release(other, Next, 0, 2));
        byte[] bent = [.. right];
        bent[^1] ^= 1;
        await RefusedAsync("wrongSignature", bent);
        byte[] payload = [.. right];
        payload[right.AsSpan().IndexOf("2026.11"u8)] = (byte)'3';
        await RefusedAsync("wrongSignature", payload);
        await RefusedAsync("malformed", [1, 2, 3], HttpStatusCode.BadRequest);
        await RefusedAsync("malformed", [.. right, 0], HttpStatusCode.BadRequest);
        await RefusedAsync("overLimit", new byte[UpdateLimits.SignedReleaseBytes + 1], HttpStatusCode.RequestEntityTooLarge);
        await RefusedAsync("overLimit", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.BundleBytes = UpdateLimits.BundleBytes + 1; }), HttpStatusCode.RequestEntityTooLarge);
        await RefusedAsync("expired", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.ExpiresUnixSeconds = 1_789_999_999; }));
        await RefusedAsync("securityLower", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.Security = 0; }));
        await RefusedAsync("securityLower", _rig.Keys.Release(other, manifest => { Next(manifest); (manifest.Security, manifest.Build, manifest.ReturnsFrom) = (0, 9, 10); }));
        await RefusedAsync("assemblyUsed", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.Assembly = "Node10"; }));
        await RefusedAsync("nameUsed", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.Release = "2026.10"; }));
        await RefusedAsync("buildNotHigher", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.Build = 10; }));
        await RefusedAsync("returnUnknown", _rig.Keys.Release(other, manifest => { Next(manifest); (manifest.Build, manifest.ReturnsFrom) = (9, 12); }));
        await RefusedAsync("profileUnknown", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.Profiles = [1, 4_000_000_000]; }));
        await RefusedAsync("artifactMissing", _rig.Keys.Release(new byte[100], Next));
        await RefusedAsync("artifactDiffers", _rig.Keys.Release(other, manifest => { Next(manifest); manifest.BundleBytes = 1999; }));

        Assert.Single((await _rig.GetAsync("/api/releases"))["items"]!.AsArray());
        Assert.Single((await _rig.GetAsync("/api/firmware"))["items"]!.AsArray());
        await _rig.PublishAsync(_rig.Keys.Release(other, manifest => { Next(manifest); (manifest.Build, manifest.ReturnsFrom) = (9, 10); }), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_people_register_a_key_and_from_a_rotation_on_only_its_keys_count()
    {
        using var roots = new ReleaseKeys(3);
        using var next = new ReleaseKeys(2);
        await using RunningBackend backend = await RunningBackend.StartAsync(_rig.Time, settings => settings with { Updates = new UpdateSettings { RootKeys = roots.Hex, ReleaseKeys = _rig.Keys.Hex[..1] } });
        using HttpClient mary = backend.As("mary", Roles.Manager);
        using HttpClient otieno = backend.As("otieno", Roles.Manager);
        JsonNode change = (await ReadAsync(await mary.PostAsJsonAsync("/api/changes", new { kind = "releaseKey", content = new { publicKey = _rig.Keys.Hex[1], holder = "grace" }, reason = "second key" }, RolloutRig.Cancel)))!;
        Assert.Equal(1, await KeysAsync(mary));
        await ReadAsync(await otieno.PostAsync($"/api/changes/{change["id"]}/approve", null, RolloutRig.Cancel));
        Assert.Equal(2, await KeysAsync(mary));

        byte[] rotation = new KeyRotation(1, next.Public).Encode();
        Assert.Equal("oneSignature", await RotationAsync(mary, roots.Sign(KeyRotation.Context, rotation, 1)));
        Assert.Equal("unknownKey", await RotationAsync(mary, _rig.Keys.Sign(KeyRotation.Context, rotation, 0, 1)));
        Assert.Equal("wrongSignature", await RotationAsync(mary, roots.Sign(ReleaseManifest.Context, rotation, 0, 1)));
        Assert.Null(await RotationAsync(mary, roots.Sign(KeyRotation.Context, rotation, 0, 2)));
        Assert.Equal("versionNotHigher", await RotationAsync(mary, roots.Sign(KeyRotation.Context, rotation, 0, 1)));
        JsonNode keys = (await mary.GetFromJsonAsync<JsonNode>("/api/release-keys", RolloutRig.Cancel))!;
        Assert.Equal((1L, 2), ((long)keys["version"]!, keys["keys"]!.AsArray().Count(key => next.Hex.Contains((string?)key!["publicKey"]))));
        using HttpResponseMessage late = await mary.PostAsync("/api/releases", new ByteArrayContent(_rig.Keys.Release(_rig.Bundle)), RolloutRig.Cancel);
        Assert.Contains("unknownKey", await late.Content.ReadAsStringAsync(RolloutRig.Cancel), StringComparison.Ordinal);
    }

    private async Task<(string?, string?)> StoredAsync(string query)
    {
        JsonNode stored = await _rig.UploadAsync(_rig.Bundle, HttpStatusCode.OK, query);
        return ((string?)stored["sha256"], (string?)stored["result"]);
    }

    private async Task RefusedAsync(string name, byte[] signed, HttpStatusCode status = HttpStatusCode.Conflict)
    {
        JsonNode refused = await _rig.PublishAsync(signed, status);
        Assert.Equal(name, (string?)refused["refusal"]);
        Assert.EndsWith("Nothing was published.", (string?)refused["detail"], StringComparison.Ordinal);
    }

    private string[] Files() => [.. Directory.GetFiles(Path.Combine(_rig.Backend.DataFolder, "artifacts")).Select(path => Path.GetFileName(path))];

    private static async Task RefusedOrClosedAsync(HttpClient http, HttpRequestMessage request)
    {
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, RolloutRig.Cancel);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The backend answered and closed while this side still wrote.
        }
    }

    private static async Task<string?> RotationAsync(HttpClient http, byte[] signed)
    {
        using HttpResponseMessage response = await http.PostAsync("/api/release-keys/rotation", new ByteArrayContent(signed), RolloutRig.Cancel);
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(RolloutRig.Cancel))!["refusal"];
    }

    private static async Task<int> KeysAsync(HttpClient http) => (await http.GetFromJsonAsync<JsonNode>("/api/release-keys", RolloutRig.Cancel))!["keys"]!.AsArray().Count;

    private static async Task<JsonNode?> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            string text = await response.Content.ReadAsStringAsync(RolloutRig.Cancel);
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonNode.Parse(text);
        }
    }

    private sealed class EndlessStream(long bytes, bool isBroken = false) : Stream
    {
        private long _left = bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_left <= 0 && isBroken)
            {
                throw new IOException("the cable was pulled");
            }

            int read = (int)Math.Min(_left, count);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
