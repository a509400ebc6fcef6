using System.Globalization;
using DePin.Fleet.People;

namespace DePin.Fleet;

/// <summary>
/// A language that pages speak. The choice in the cookie counts, else what the browser asks for, else English. Words of French stand in files *.fr.resx
/// beside the English ones, in this same program: no language packs, and nothing asked of the machine.
/// </summary>
/// <param name="Code">As HTML and browsers name it.</param>
/// <param name="Name">What its speakers call it.</param>
/// <param name="Numbers">How it writes numbers.</param>
internal sealed record Language(string Code, string Name, NumberFormatInfo Numbers)
{
    private const string CookieName = "depin-language";
    private const int MostAsked = 10;

    private static readonly TimeSpan CookieAge = TimeSpan.FromDays(365);
    private static readonly AsyncLocal<Language?> OfRequest = new();

    /// <summary>What is spoken where nothing else is asked for.</summary>
    public static Language English { get; } = new("en", "English", NumberFormatInfo.InvariantInfo);

    /// <summary>French; thousands apart by a narrow space.</summary>
    public static Language French { get; } = new("fr", "Français", new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "\u202f" });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Language> All { get; } = [English, French];

    /// <summary>The language of the request that is being answered.</summary>
    public static Language Present => OfRequest.Value ?? English;

    /// <summary>Notes for each request what it asks for.</summary>
    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        OfRequest.Value = Find(context.Request.Cookies[CookieName]) ?? Asked(context.Request.Headers.AcceptLanguage.ToString());
        await next(context);
    });

    /// <summary>GET /language/{code}: keeps the choice, and goes back to the page.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/language/{code}", (HttpContext context, string code, string? back) =>
    {
        if (Find(code) is { } language)
        {
            context.Response.Cookies.Append(CookieName, language.Code, new CookieOptions { MaxAge = CookieAge, SameSite = SameSiteMode.Lax, HttpOnly = true, Secure = context.Request.IsHttps, IsEssential = true });
        }

        return Results.Redirect(SignInRoutes.IsInside(back) ? back! : "/");
    }).ForEveryone();

    /// <summary>The first language of a browser's wishes that we speak.</summary>
    internal static Language Asked(string wishes) => wishes.Split(',', MostAsked + 1).Take(MostAsked)
        .Select((wish, index) => (Language: Find(wish.Split(';')[0].Trim().Split('-')[0]), Weight: Weight(wish), index))
        .Where(wish => wish.Language is not null && wish.Weight > 0).OrderByDescending(wish => wish.Weight).ThenBy(wish => wish.index).FirstOrDefault().Language ?? English;

    private static Language? Find(string? code) => All.FirstOrDefault(language => string.Equals(language.Code, code, StringComparison.OrdinalIgnoreCase));

    private static double Weight(string wish) =>
        wish.Split(";q=") is [_, { } weight] && double.TryParse(weight, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double parsed) ? parsed : 1;
}
