using DePin.Fleet.Notices;
using Microsoft.OpenApi;

namespace DePin.Fleet.Api;

/// <summary>What the backend sends by itself to whoever subscribed, in the document of the API.</summary>
internal static class ApiWebhooks
{
    private static readonly (string Kind, string What, string[] Members)[] Kinds =
    [
        (NoticeKind.TicketOpened, "Something has to be put right at a node.", ["ticket", "nodeId", "cause", "facts", "owner", "dueUnixMilliseconds"]),
        (NoticeKind.TicketOverdue, "It was not, in time.", ["ticket", "nodeId", "cause", "facts", "owner", "dueUnixMilliseconds"]),
        (NoticeKind.DisputeOpened, "Somebody does not accept a verdict.", ["number", "kind", "by", "nodeId", "content"]),
        (NoticeKind.DisputeAnswered, "They were answered.", ["number", "kind", "by", "nodeId", "content"]),
        (NoticeKind.Suspension, "A node was suspended, or its suspension lifted.", ["number", "kind", "by", "nodeId", "content"]),
        (NoticeKind.Event, "Any other line of the log of events.", ["number", "kind", "by", "nodeId", "content"]),
        (NoticeKind.Test, "Sent on request, to try a target.", ["askedBy"]),
    ];

    /// <summary>Adds them to the document.</summary>
    public static void Add(OpenApiDocument document)
    {
        document.Webhooks = new Dictionary<string, IOpenApiPathItem>(StringComparer.Ordinal);
        foreach ((string kind, string what, string[] members) in Kinds)
        {
            var item = new OpenApiPathItem();
            item.AddOperation(HttpMethod.Post, new OpenApiOperation
            {
                OperationId = "told" + string.Concat(kind.Split('.').Select(word => char.ToUpperInvariant(word[0]) + word[1..])),
                Summary = what,
                Description = "Signed as the Standard Webhooks specification says. Answer with a status below 300 within 10 s; anything else is tried again seven times over a day and a half. The same notice may come twice, with the same webhook-id.",
                Parameters = [Header("webhook-id", "Names the notice."), Header("webhook-timestamp", "Unix seconds of this attempt."), Header("webhook-signature", "v1, and the base64 of HMAC-SHA256 over id.timestamp.body.")],
                RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new OpenApiMediaType { Schema = Body(kind, members) } },
                },
                Responses = new OpenApiResponses { ["204"] = new OpenApiResponse { Description = "It was taken." } },
                Security = [],
            });
            document.Webhooks[kind] = item;
        }
    }

    private static OpenApiParameter Header(string name, string what) =>
        new() { Name = name, In = ParameterLocation.Header, Required = true, Description = what, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiSchema Body(string kind, string[] members) => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "timestamp", "data" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Const = kind },
            ["timestamp"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time", Description = "When it happened." },
            ["data"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string>(members.Except(["nodeId"], StringComparer.Ordinal), StringComparer.Ordinal),
                Properties = members.ToDictionary(member => member, Member, StringComparer.Ordinal),
            },
        },
    };

    private static IOpenApiSchema Member(string name) => name switch
    {
        "ticket" or "number" or "dueUnixMilliseconds" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        "content" => new OpenApiSchema { Type = JsonSchemaType.Object, Description = "What the event says, by its kind." },
        "nodeId" => new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null },
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
