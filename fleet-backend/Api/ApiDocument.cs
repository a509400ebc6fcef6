using DePin.Fleet.People;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DePin.Fleet.Api;

/// <summary>The document of the API, GET /api/openapi.json: made from the routes themselves, so that it cannot say what they do not do.</summary>
internal static class ApiDocument
{
    private const string Name = "v1", Token = "token", Session = "session", Problem = "Problem", ProblemType = "application/problem+json";

    private const string Description =
        """
        The fleet backend's API, version 1: `/api` means version 1, and every answer says so in the header `Api-Version`. Within a version routes, parameters and members are only added; clients ignore members that they do not know.

        **Lists** answer `{ "items": [...], "next": "..." }`: at most `limit` items (1 to 1000); where `next` is not null, the same request with `cursor` set to it gives what follows.

        **Errors** are `application/problem+json` (RFC 9457): `detail` says in a sentence what was wrong and what was kept; `refusal` names it in one word where programs have to tell cases apart.

        **Writes** take the header `Idempotency-Key`: the same key with the same content gives the first answer again for 24 hours and does nothing twice.

        **Amounts** of micro-credits (a credit has 1,000,000) are decimal text, since they may pass 2^53; so are sums over the whole fleet. Integers that are JSON numbers stay below 2^53: energy of one node in milliwatt-hours, rates, times, counts.

        **Limits**: each token by its own, each account, and strangers by address; over it the answer is 429 with `Retry-After`.
        """;

    private static readonly (int Status, string What)[] Everywhere =
    [
        (400, "What was sent cannot be read or is out of bounds."), (401, "Nobody is signed in, or the token is none, ended or revoked."), (403, "This account has no role for it, or it is not its own."),
        (429, "Too many requests; Retry-After says for how many seconds."), (500, "The backend failed; its log says how."),
    ];

    private static readonly (int Status, string What)[] OfNamed = [(404, "There is no such thing, or none that this account may see.")];

    private static readonly (int Status, string What)[] OfSigned = [(410, "An archive has the signed bytes; the sentence names its file.")];

    private static readonly (int Status, string What)[] OfWrites =
    [
        (409, "It does not fit what is stored; the sentence says why."), (413, "More than may be sent."), (415, "The content is of another type."), (422, "The idempotency key was used with other content."),
    ];

    /// <summary>Adds what the API needs.</summary>
    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton<ApiWrites>().AddSingleton<IdempotencyKeys>();
        services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
            options.AddSchemaTransformer((schema, context, _) =>
            {
                schema.Type = context.JsonTypeInfo.Type == typeof(Sentence) ? JsonSchemaType.String : schema.Type;
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                Describe(operation, context);
                return Task.CompletedTask;
            });
            options.AddDocumentTransformer((document, _, _) =>
            {
                Describe(document);
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>GET /api/openapi.json, for everybody.</summary>
    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/api/openapi.json").ForEveryone();
        routes.MapWrites();
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo { Title = "DePin for Impact: fleet backend", Version = "1.0", Description = Description.ReplaceLineEndings("\n") };

        // Whoever fetched it knows where from.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.AddComponent(Problem, ProblemSchema());
        document.AddComponent<IOpenApiSecurityScheme>(Token, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A token from the account page, as 'Authorization: Bearer TOKEN'. It never does more than its person may then.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Session, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = "depin-session",
            Description = "The session of a person in a browser. Writes also need the page's token in the header X-Form-Token.",
        });
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, document)] = [] }, new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Session, document)] = [] }];
        foreach ((string path, IOpenApiPathItem item) in document.Paths)
        {
            foreach ((HttpMethod method, OpenApiOperation operation) in item.Operations ?? [])
            {
                bool isWrite = method != HttpMethod.Get;
                (int, string)[] errors = [.. Everywhere, .. path.Contains('{', StringComparison.Ordinal) || isWrite ? OfNamed : [], .. operation.OperationId is "getBatch" or "getEvidence" ? OfSigned : [], .. isWrite ? OfWrites : []];
                foreach ((int status, string what) in errors)
                {
                    operation.Responses ??= [];
                    operation.Responses[$"{status}"] = new OpenApiResponse
                    {
                        Description = what,
                        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [ProblemType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(Problem, document) } },
                    };
                }

                if (isWrite)
                {
                    (operation.Parameters ??= []).Add(new OpenApiParameter
                    {
                        Name = IdempotencyKeys.Header,
                        In = ParameterLocation.Header,
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 },
                        Description = "A name for this request, such as a UUID: sent again with it, it is not done twice. Kept for 24 hours.",
                    });
                }
            }
        }

        ApiWebhooks.Add(document);
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        IList<object> metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<AccessRule>().FirstOrDefault() is { } rule)
        {
            operation.Description = rule.IsForEveryone ? "For everybody." : rule.IsForSignedIn ? "For every account." : $"For one of these roles: {rule}.";
        }

        foreach (RawBody raw in metadata.OfType<RawBody>())
        {
            var content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [raw.ContentType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } } };
            if (raw.IsAnswer)
            {
                operation.Responses ??= [];
                operation.Responses["200"] = new OpenApiResponse { Description = raw.What, Content = content };
            }
            else
            {
                operation.RequestBody = new OpenApiRequestBody { Description = raw.What, Required = true, Content = content };
            }
        }

        foreach (OpenApiParameter parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter is { Name: "limit", Schema: OpenApiSchema limit })
            {
                (limit.Minimum, limit.Maximum) = ("1", "1000");
                parameter.Description = "Items in the answer, at most.";
            }
            else if (parameter is { Name: "cursor" })
            {
                parameter.Description = "What an answer before gave as next.";
            }
        }
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "An error, as RFC 9457 says.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "status", "title" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Where the status is explained." },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The status in words." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What was wrong, what was kept, and what to do next, in a sentence for people." },
            ["refusal"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The case in one word, for programs." },
            ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Finds it in the backend's log." },
        },
    };
}
