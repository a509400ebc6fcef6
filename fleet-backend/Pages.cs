using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet;

/// <summary>Pages that are Razor components, rendered here and sent whole: nothing interactive, nothing streamed.</summary>
internal static class Pages
{
    /// <summary>A page or a part of one, shown of what its parameter View takes.</summary>
    public static IResult Of<TPage>(HttpContext context, object view, int status = StatusCodes.Status200OK)
        where TPage : IComponent
    {
        PageShell.Guard(context);
        return new RazorComponentResult<TPage>(new Dictionary<string, object?> { ["View"] = view }) { StatusCode = status, PreventStreamingRendering = true };
    }
}
