"""Knows where a visitor is, if a content network in front of us says so."""


def country(get_response):
    def answer(request):
        request.country = request.META.get("HTTP_X_COUNTRY", "")
        return get_response(request)

    return answer
