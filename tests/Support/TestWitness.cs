using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using DePin.Tools.Proof;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace DePin.Tests.Support;

/// <summary>An outside witness for one log, written from C2SP tlog-witness alone: it signs what continues what it signed before.</summary>
internal sealed class TestWitness : IAsyncDisposable
{
    private readonly Ed25519PrivateKeyParameters _key = new(RandomNumberGenerator.GetBytes(32), 0);
    private readonly byte[] _keyId;
    private readonly string _name;
    private readonly WebApplication _app;
    private VerifierKey? _log;
    private long _size;
    private byte[] _root = [];

    private TestWitness(string name)
    {
        _name = name;
        byte[] typed = [4, .. _key.GeneratePublicKey().GetEncoded()];
        _keyId = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. typed])[..4];
        Key = $"{name}+{Convert.ToHexStringLower(_keyId)}+{Convert.ToBase64String(typed)}";
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/prefix/add-checkpoint", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            return Add(await reader.ReadToEndAsync(request.HttpContext.RequestAborted));
        });
    }

    public string Key { get; }

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/prefix";

    /// <summary>Entries it signed for last.</summary>
    public long Size => _size;

    public static async Task<TestWitness> StartAsync(string name)
    {
        var witness = new TestWitness(name);
        await witness._app.StartAsync();
        return witness;
    }

    /// <summary>Tells it which log it is for.</summary>
    public void Trust(VerifierKey log) => _log = log;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IResult Add(string body)
    {
        int end = body.IndexOf("\n\n", StringComparison.Ordinal);
        string[] head = body[..end].Split('\n');
        string note = body[(end + 2)..];
        if (_log?.Open(note) is not { } text)
        {
            return Results.StatusCode(403);
        }

        string[] lines = text.Split('\n');
        long size = long.Parse(lines[1], CultureInfo.InvariantCulture);
        byte[] root = Convert.FromBase64String(lines[2]);
        long old = long.Parse(head[0]["old ".Length..], CultureInfo.InvariantCulture);
        byte[][] proof = [.. head[1..].Select(Convert.FromBase64String)];
        if (old != _size)
        {
            return Results.Text($"{_size}\n", "text/x.tlog.size", statusCode: 409);
        }

        bool continues = old == 0 ? proof.Length == 0 : LogProof.IsConsistent(old, size, proof, _root, root);
        if (!continues)
        {
            return Results.StatusCode(422);
        }

        (_size, _root) = (size, root);
        return Results.Text(Sign(text) + "\n", "text/plain; charset=utf-8");
    }

    private string Sign(string text)
    {
        const ulong Time = 1_789_000_123;
        byte[] message = Encoding.UTF8.GetBytes($"cosignature/v1\ntime {Time}\n{text}");
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(message, 0, message.Length);
        var time = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(time, Time);
        return $"\u2014 {_name} {Convert.ToBase64String([.. _keyId, .. time, .. signer.GenerateSignature()])}";
    }
}
