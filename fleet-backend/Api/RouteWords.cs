using Microsoft.AspNetCore.Http.Metadata;

namespace DePin.Fleet.Api;

/// <summary>What a route says of itself in the document of the API.</summary>
internal static class RouteWords
{
    /// <summary>What every route of the API begins with.</summary>
    public const string Prefix = "/api";

    /// <summary>Names the operation, and says in a sentence what it does.</summary>
    /// <param name="route">The route.</param>
    /// <param name="id">Unique; generated clients name their functions by it, so it never changes.</param>
    /// <param name="summary">A sentence.</param>
    public static RouteHandlerBuilder Does(this RouteHandlerBuilder route, string id, string summary)
    {
        route.Add(builder =>
        {
            string[] parts = ((RouteEndpointBuilder)builder).RoutePattern.RawText!.Split('/', StringSplitOptions.RemoveEmptyEntries);
            builder.Metadata.Add(new Tag(parts[1].Replace(".csv", "", StringComparison.Ordinal)));
        });
        return route.WithName(id).WithSummary(summary);
    }

    /// <summary>The body that it reads by itself.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string contentType, string what) => route.WithMetadata(new RawBody(contentType, what, IsAnswer: false));

    /// <summary>The answer that is no JSON.</summary>
    public static RouteHandlerBuilder Gives(this RouteHandlerBuilder route, string contentType, string what) => route.WithMetadata(new RawBody(contentType, what, IsAnswer: true));

    /// <summary>Whether a request is for the API.</summary>
    public static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments(Prefix, StringComparison.OrdinalIgnoreCase);

    private sealed record Tag(string Name) : ITagsMetadata
    {
        public IReadOnlyList<string> Tags { get; } = [Name];
    }
}

/// <summary>Bytes that a route reads or gives as they are.</summary>
/// <param name="ContentType">Their media type.</param>
/// <param name="What">What they are.</param>
/// <param name="IsAnswer">Whether they are the answer, else the body of the request.</param>
internal sealed record RawBody(string ContentType, string What, bool IsAnswer);
