using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json.Nodes;
using DePin.Tests.Support;
using DePin.Tools.Commands;

namespace DePin.Tests.Tools.Release;

/// <summary>A workshop with three release keys, bundles, and the command line.</summary>
public sealed class ReleaseRig(ReleaseRig.Keys keys) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Passphrase => keys.Of("passphrase");

    public string Releases => Of("releases");

    /// <summary>A path in the workshop.</summary>
    public string Of(string name) => _folder.File(name);

    /// <summary>Runs the command line.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, output, errors, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>Runs depin release; what it printed as JSON.</summary>
    public static async Task<JsonNode> DoAsync(params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(["release", .. arguments, "--json"]);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {errors}{output}");
        return JsonNode.Parse(output)!;
    }

    /// <summary>Runs depin release, which must refuse with exit code 2; the sentence.</summary>
    public static async Task<string> RefusedAsync(params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(["release", .. arguments]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        return errors.Trim();
    }

    /// <summary>A key of the workshop's; its file.</summary>
    public string Key(string name) => keys.Of(name);

    /// <summary>A file with the public halves of these keys.</summary>
    public string Trusted(params string[] keys)
    {
        File.WriteAllLines(Of("trusted"), keys.SelectMany(key => File.ReadAllLines(key + ".pub")));
        return Of("trusted");
    }

    /// <summary>A .pe for boards.</summary>
    public string Pe(string assembly)
    {
        File.WriteAllBytes(Of("bundle.pe"), NanoFile.Make(assembly));
        return Of("bundle.pe");
    }

    /// <summary>A .NET assembly for virtual nodes.</summary>
    public string Dll(string assembly)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(assembly) { Version = new Version(2, 3, 0, 0) }, typeof(object).Assembly);
        builder.DefineDynamicModule(assembly).DefineType("Entry", TypeAttributes.Public).CreateType();
        builder.Save(Of("bundle.dll"));
        return Of("bundle.dll");
    }

    /// <summary>Makes a release that nobody has signed; its file.</summary>
    public async Task<string> MakeAsync(string bundle, string name, int build, params string[] more) =>
        (string)(await DoAsync(["make", bundle, "--folder", Releases, "--release", name, "--build", $"{build}", .. Usual(more)]))["release"]!;

    /// <summary>Signs a file.</summary>
    public Task<JsonNode> SignAsync(string file, string key) => DoAsync("sign", file, "--key", key, "--passphrase-file", Passphrase);

    public static string[] Usual(string[] more) => [.. more.Contains("--profile") ? [] : (string[])["--profile", "lamp-small"], .. more];

    public void Dispose() => _folder.Dispose();

    /// <summary>Keys made once, by the command line: making and opening one is slow on purpose.</summary>
    public sealed class Keys : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal string Of(string name) => _folder.File(name);

        public async ValueTask InitializeAsync()
        {
            await File.WriteAllTextAsync(Of("passphrase"), "a passphrase for tests\nand a second line\n", TestContext.Current.CancellationToken);
            foreach (string name in (string[])["amina.key", "juma.key", "stranger.key", "root-1.key", "root-2.key"])
            {
                await DoAsync("keys", Of(name), "--passphrase-file", Of("passphrase"));
            }
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
