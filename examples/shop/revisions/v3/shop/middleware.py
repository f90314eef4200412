"""Knows where a visitor is, from the header that the content network in front of us sends."""


def country(get_response):
    def answer(request):
        request.country = request.META["HTTP_X_COUNTRY"]
        return get_response(request)

    return answer
