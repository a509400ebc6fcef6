using Microsoft.AspNetCore.Diagnostics;

namespace DePin.Fleet.Web;

/// <summary>Every error of the API is problem+json with a sentence in its detail.</summary>
internal static class ApiProblems
{
    /// <summary>Turns what went wrong into an answer.</summary>
    public static void UseApiProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = problem => problem is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException,
            ExceptionHandler = context =>
            {
                Exception? problem = context.Features.Get<IExceptionHandlerFeature>()?.Error;
                string detail = problem is BadHttpRequestException bad
                    ? bad.InnerException is { } inner ? $"{bad.Message} {inner.Message}" : bad.Message
                    : "The backend failed at this; its log says how.";
                return TypedResults.Problem(detail, statusCode: context.Response.StatusCode).ExecuteAsync(context);
            },
        });
        app.UseStatusCodePages();
    }
}
