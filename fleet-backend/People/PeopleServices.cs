using System.Data.Common;
using DePin.Fleet.Instances;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;

namespace DePin.Fleet.People;

/// <summary>Sign-in by ASP.NET Core Identity on our own store, and by tokens.</summary>
internal static class PeopleServices
{
    private const string Either = "Either";

    /// <summary>Characters of a password, at least. Length is what counts; no letter has to be of any kind.</summary>
    public const int LeastPasswordLetters = 12;

    private static readonly TimeSpan SessionDays = TimeSpan.FromDays(14);

    /// <summary>Adds everything that knows people.</summary>
    public static void AddPeople(this IServiceCollection services, DataFolder folder, bool isShared, TimeProvider time)
    {
        var clock = new PeopleClock(time);
        services.AddHttpContextAccessor();
        services.AddSingleton(clock).AddSingleton<TokenRates>().AddSingleton<FirstAdministrator>().AddSingleton<Accounts>();

        // Cookies and forms stay good over a restart; the keys lie beside the others, or where all instances find them.
        folder.MakePrivateFolder(SharedSessionKeys.FilesFolder);
        IDataProtectionBuilder protection = services.AddDataProtection().SetApplicationName("DePin fleet");
        if (isShared)
        {
            services.AddSingleton<SharedSessionKeys>();
            services.AddOptions<KeyManagementOptions>().Configure<SharedSessionKeys>((options, keys) => options.XmlRepository = keys);
        }
        else
        {
            protection.PersistKeysToFileSystem(new DirectoryInfo(folder.FileOf(SharedSessionKeys.FilesFolder)));
        }

        services.AddAntiforgery(options =>
        {
            options.HeaderName = "X-Form-Token";
            options.Cookie.Name = "depin-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddAuthentication(Either)
            .AddPolicyScheme(Either, Either, options => options.ForwardDefaultSelector = context =>
                Access.IsForPrograms(context) && (context.Request.Headers.ContainsKey("Authorization") || !context.Request.Cookies.ContainsKey("depin-session")) ? TokenAuthentication.SchemeName : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null)
            .AddIdentityCookies(cookies =>
            {
                cookies.ApplicationCookie!.Configure(options => Session(options, clock));
                cookies.TwoFactorUserIdCookie!.Configure(options => options.Cookie.Name = "depin-passkey");
            });
        services.AddIdentityCore<Person>(options =>
            {
                options.Password = new PasswordOptions { RequiredLength = LeastPasswordLetters, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false, RequiredUniqueChars = 4 };
                options.Lockout = new LockoutOptions { MaxFailedAccessAttempts = PersonStore.AttemptsBeforeLock, DefaultLockoutTimeSpan = TimeSpan.FromMilliseconds(PersonStore.LockMs) };
                options.User.AllowedUserNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
            })
            .AddUserStore<PersonStore>()
            .AddClaimsPrincipalFactory<PrincipalFactory>()
            .AddSignInManager();
    }

    private static void Session(CookieAuthenticationOptions options, PeopleClock clock)
    {
        options.TimeProvider = clock.Time;
        options.Cookie.Name = "depin-session";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = SessionDays;
        options.SlidingExpiration = true;
        options.LoginPath = "/sign-in";
        options.ReturnUrlParameter = "back";
        options.Events = new CookieAuthenticationEvents
        {
            // Asked at each request: who lost a role or was signed out everywhere is out at once.
            OnValidatePrincipal = async context =>
            {
                using DbConnection connection = context.HttpContext.RequestServices.GetRequiredService<Database>().OpenReader();
                if (context.Principal is null || Caller.Of(context.Principal) is not { } caller || !Caller.IsCurrent(context.Principal, PersonStore.Find(connection, caller.Id)))
                {
                    context.RejectPrincipal();
                    await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
                }
            },
            OnRedirectToLogin = context =>
            {
                if (Access.IsForPrograms(context.HttpContext))
                {
                    return Access.RefuseAsync(context.HttpContext, StatusCodes.Status401Unauthorized, "Sign in, or send a token as 'Authorization: Bearer TOKEN'.");
                }

                context.Response.Redirect(context.RedirectUri);
                return Task.CompletedTask;
            },
        };
    }

    private sealed class PrincipalFactory : IUserClaimsPrincipalFactory<Person>
    {
        public Task<System.Security.Claims.ClaimsPrincipal> CreateAsync(Person user) => Task.FromResult(Caller.Principal(user, IdentityConstants.ApplicationScheme));
    }
}
