using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using DePin.Fleet.People;

namespace DePin.Fleet;

/// <summary>
/// Scripts, styles and pictures of the pages, all built into this program. Each address names its content, so that a phone fetches it once
/// for as long as it stays what it is; text goes compressed.
/// </summary>
internal static class PageAssets
{
    private const string Prefix = "assets/";
    private const int VersionDigits = 12;
    private const string Forever = "public, max-age=31536000, immutable", AskAgain = "no-cache";

    private static readonly FrozenDictionary<string, Asset> All = Load();

    /// <summary>The address of one, such as /assets/style.css?v=0123456789ab.</summary>
    /// <exception cref="KeyNotFoundException">It is not in this build.</exception>
    public static string Url(string name) => All.TryGetValue(name, out Asset? asset) ? $"/assets/{name}?v={asset.Version}" : throw new KeyNotFoundException($"{name} is not in this build.");

    /// <summary>GET /assets/{name}.</summary>
    public static void MapAssets(this IEndpointRouteBuilder routes) => routes.MapGet("/assets/{name}", (HttpContext context, string name, string? v) =>
    {
        if (!All.TryGetValue(name, out Asset? asset))
        {
            return Results.NotFound();
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = v == asset.Version ? Forever : AskAgain;
        headers.ETag = $"\"{asset.Version}\"";
        headers.Vary = "Accept-Encoding";
        if (context.Request.Headers.IfNoneMatch == headers.ETag)
        {
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        if (!context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            return Results.Bytes(asset.Content, asset.Type);
        }

        headers.ContentEncoding = "gzip";
        return Results.Bytes(asset.Compressed, asset.Type);
    }).ForEveryone();

    private static FrozenDictionary<string, Asset> Load()
    {
        Assembly assembly = typeof(PageAssets).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(name => name[Prefix.Length..], name =>
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            using var content = new MemoryStream();
            stream.CopyTo(content);
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            {
                gzip.Write(content.ToArray());
            }

            return new Asset(content.ToArray(), compressed.ToArray(), TypeOf(name), Convert.ToHexStringLower(SHA256.HashData(content.ToArray()))[..VersionDigits]);
        });
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" => "application/json",
        _ => throw new InvalidDataException($"{name}: what type is that?"),
    };

    private sealed record Asset(byte[] Content, byte[] Compressed, string Type, string Version);
}
