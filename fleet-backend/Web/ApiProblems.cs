using DePin.Fleet.Api;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Metadata;

namespace DePin.Fleet.Web;

/// <summary>Every error of the API is problem+json (RFC 9457) with a sentence in its detail, also those that no route of ours made.</summary>
internal static class ApiProblems
{
    /// <summary>Where the database is away: seconds after which it is worth asking again.</summary>
    private const int RetryAfterSeconds = 10;

    /// <summary>Turns what went wrong into an answer.</summary>
    public static void UseApiProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = problem => problem is BadHttpRequestException bad ? bad.StatusCode
                : DatabaseAway.Explains(problem) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException or DatabaseStuckException,
            ExceptionHandler = context =>
            {
                Exception? problem = context.Features.Get<IExceptionHandlerFeature>()?.Error;
                if (DatabaseAway.Explains(problem))
                {
                    return AnswerAwayAsync(context);
                }

                string detail = problem is BadHttpRequestException bad
                    ? bad.InnerException is { } inner ? $"{bad.Message} {inner.Message}" : bad.Message
                    : "The backend failed at this; its log says how.";
                return AnswerAsync(context, detail);
            },
        });
        app.UseStatusCodePages(page => AnswerAsync(page.HttpContext, page.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status400BadRequest => Unreadable(page.HttpContext),
            StatusCodes.Status404NotFound => "There is nothing here.",
            StatusCodes.Status405MethodNotAllowed => $"This can be asked with {page.HttpContext.Response.Headers.Allow}. Nothing was changed.",
            StatusCodes.Status413PayloadTooLarge => "This is more than may be sent here. Nothing was changed.",
            StatusCodes.Status415UnsupportedMediaType => "Send JSON, with Content-Type: application/json. Nothing was changed.",
            _ => null,
        }));
    }

    // Where a value that may be left out cannot be read, routes that were bound at compile time say 400 and nothing else.
    private static string? Unreadable(HttpContext context)
    {
        string[] names = [.. (context.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>() ?? [])
            .Where(parameter => parameter.HasTryParse && context.Request.Query.ContainsKey(parameter.Name)).Select(parameter => $"'{parameter.Name}'")];
        return names.Length == 0 ? null : $"The address has a value that cannot be read ({string.Join(", ", names)}): numbers are whole, and what is on or off is true or false. Nothing was changed.";
    }

    // The same to a program and, in words of its language, to a person.
    private static Task AnswerAwayAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        var sentence = Sentence.Of($"The database does not answer at the moment. Try again in {RetryAfterSeconds} seconds, and look first whether what you sent was stored.");
        return RouteWords.IsApi(context)
            ? AnswerAsync(context, sentence.ToString())
            : PageShell.Of(context, "DePin for Impact", $"<p class=\"panel\">{PageShell.Encode(sentence.Told())}</p>", StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }

    private static Task AnswerAsync(HttpContext context, string? detail)
    {
        // The error's answer is a new one: what the API says with every answer is said again.
        if (RouteWords.IsApi(context))
        {
            context.Response.Headers[ApiVersion.Header] = ApiVersion.Number;
        }

        return TypedResults.Problem(detail, statusCode: context.Response.StatusCode).ExecuteAsync(context);
    }
}
